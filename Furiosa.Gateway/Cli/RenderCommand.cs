using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm render</c>: prints the prompt that a chat request gives.</summary>
internal static class RenderCommand
{
    public const string Name = "render";
    private const long MostBytes = 256L * 1024 * 1024;

    public static Command Create()
    {
        var request = new Argument<string>("REQUEST.json");
        var model = new Option<string?>("--model");
        var revision = new Option<string?>("--revision");
        var template = new Option<string?>("--chat-template");
        var lines = new Option<bool>("--lines") { Arity = ArgumentArity.Zero };
        var command = new Command(Name, "Print the prompt that a chat request gives.") { request, model, revision, template, lines };
        command.SetAction((parsed, _) => CommandGuard.RunAsync(async () =>
        {
            var renderer = RequestRenderer.Open(parsed.GetValue(model), parsed.GetValue(revision), parsed.GetValue(template));
            var path = parsed.GetValue(request)!;
            await (parsed.GetValue(lines) ? RenderLinesAsync(renderer, path) : RenderOneAsync(renderer, path));
            return 0;
        }));
        return command;
    }

    private static async Task RenderOneAsync(RequestRenderer renderer, string path)
    {
        await using var input = InputLines.Open(path);
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes);
        if (bytes.Length > MostBytes) throw new ModelTextException($"{path} has more than {MostBytes} bytes.");
        var prompt = renderer.Render(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(Encoding.UTF8.GetBytes(prompt));
    }

    private static async Task RenderLinesAsync(RequestRenderer renderer, string path)
    {
        await using var output = Console.OpenStandardOutput();
        var line = new ArrayBufferWriter<byte>();
        await foreach (var (_, text) in InputLines.ReadAsync(path))
        {
            line.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(line, JsonResponse.Options)) Write(json, renderer, text);
            line.Write("\n"u8);
            await output.WriteAsync(line.WrittenMemory);
            await output.FlushAsync();
        }
    }

    private static void Write(Utf8JsonWriter json, RequestRenderer renderer, ReadOnlyMemory<byte> request)
    {
        var (name, value) = ("prompt", "");
        try
        {
            value = renderer.Render(request);
        }
        catch (Exception error) when (error is ApiException or ChatTemplateException)
        {
            (name, value) = ("error", error.Message);
        }
        json.WriteStartObject();
        json.WriteString(name, value);
        json.WriteEndObject();
    }
}
