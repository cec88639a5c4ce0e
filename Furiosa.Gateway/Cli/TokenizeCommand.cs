using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Newtonsoft.Json;
using JsonException = System.Text.Json.JsonException;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm tokenize</c>: lines of JSON strings to lines of ids, or back.</summary>
internal static class TokenizeCommand
{
    public const string Name = "tokenize";

    public static Command Create()
    {
        var model = new Option<string?>("--model");
        var revision = new Option<string?>("--revision");
        var noSpecial = new Option<bool>("--no-special") { Arity = ArgumentArity.Zero };
        var decode = new Option<bool>("--decode") { Arity = ArgumentArity.Zero };
        var command = new Command(Name, "Turn text into token ids, or back.") { model, revision, noSpecial, decode };
        command.SetAction((parsed, _) => CommandGuard.RunAsync(async () =>
        {
            var directory = ModelLocator.Resolve(parsed.GetValue(model), parsed.GetValue(revision), withWeights: false);
            await RunAsync(TextTokenizer.Load(directory), parsed.GetValue(noSpecial), parsed.GetValue(decode));
            return 0;
        }));
        return command;
    }

    private static async Task RunAsync(TextTokenizer tokenizer, bool noSpecial, bool decode)
    {
        await using var output = Console.OpenStandardOutput();
        var line = new ArrayBufferWriter<byte>();
        await foreach (var (number, text) in InputLines.ReadAsync(null))
        {
            line.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(line, JsonResponse.Options))
            {
                if (decode) json.WriteStringValue(tokenizer.Decode(ReadIds(text.Span, number), skipSpecialTokens: noSpecial));
                else WriteIds(json, tokenizer.Encode(ReadText(text, number), addSpecialTokens: !noSpecial));
            }
            line.Write("\n"u8);
            await output.WriteAsync(line.WrittenMemory);
            await output.FlushAsync();
        }
    }

    private static void WriteIds(Utf8JsonWriter json, IReadOnlyList<int> ids)
    {
        json.WriteStartArray();
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    private static string ReadText(ReadOnlyMemory<byte> line, int number)
    {
        try
        {
            var reader = new Utf8JsonReader(line.Span);
            if (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                var text = reader.ValueSpan.Contains((byte)'\\') ? Unescaped(line.Span) : reader.GetString()!;
                if (!reader.Read()) return text;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new ModelTextException($"line {number} of the input is not one JSON string.");
    }

    // Half of a surrogate pair, which JSON can say and text in UTF-8 cannot, is replaced by the tokenizer.
    private static string Unescaped(ReadOnlySpan<byte> line)
    {
        using var reader = new JsonTextReader(new StringReader(System.Text.Encoding.UTF8.GetString(line))) { DateParseHandling = DateParseHandling.None };
        return reader.ReadAsString() ?? "";
    }

    private static int[] ReadIds(ReadOnlySpan<byte> line, int number)
    {
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize<int[]>(line) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new ModelTextException($"line {number} of the input is not one JSON list of token ids.");
        }
    }
}
