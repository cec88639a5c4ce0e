using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers.Cutting;

namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>Reads the <c>decoder</c> of a <c>tokenizer.json</c>.</summary>
internal static class DecoderReader
{
    private const int MostSteps = 100;

    public static TokenDecoder Read(JsonElement? element)
    {
        if (element is not { } decoder)
            return new TokenDecoder(null);
        var steps = new List<DecoderStep>();
        Add(decoder, steps, 0);
        return new TokenDecoder(steps);
    }

    private static void Add(JsonElement element, List<DecoderStep> steps, int depth)
    {
        if (depth > 16 || steps.Count > MostSteps)
            throw new ModelTextException($"the decoder has more than {MostSteps} steps or nests too deeply.");
        if (element.TypeName() == "Sequence")
        {
            foreach (var part in element.GetProperty("decoders").EnumerateArray())
                Add(part, steps, depth + 1);
            return;
        }

        steps.Add(element.TypeName() switch
        {
            "ByteLevel" => new ByteLevelStep(),
            "ByteFallback" => new ByteFallbackStep(),
            "Fuse" => new FuseStep(),
            "Replace" => Replace(element.GetProperty("pattern"), element.GetProperty("content").Text()),
            "Strip" => Strip(element),
            "WordPiece" => new WordPieceStep(element.Optional("prefix")?.Text() ?? "##", element.Flag("cleanup", otherwise: true)),
            "Metaspace" => new MetaspaceStep(CutterReader.Mark(element), CutterReader.Scheme(element) != PrependScheme.Never),
            "BPEDecoder" => new WordSuffixStep(element.Optional("suffix")?.Text() ?? "</w>"),
            "CTC" => new CtcStep(element.Optional("pad_token")?.Text() ?? "<pad>", element.Optional("word_delimiter_token")?.Text() ?? "|", element.Flag("cleanup", otherwise: true)),
            var type => throw new ModelTextException($"the decoder {type} is not known."),
        });
    }

    private static ReplaceStep Replace(JsonElement pattern, string content)
    {
        var literal = pattern.ValueKind == JsonValueKind.String ? pattern.Text() : pattern.Optional("String")?.Text();
        return literal is { Length: > 0 } ? new ReplaceStep(null, literal, content) : new ReplaceStep(TokenizerPattern.Compile(pattern.GetProperty("Regex").Text()), null, content);
    }

    private static StripStep Strip(JsonElement element) => element.GetProperty("content").Text() is [var content]
        ? new StripStep(content, Math.Max(0, element.GetProperty("start").GetInt32()), Math.Max(0, element.GetProperty("stop").GetInt32()))
        : throw new ModelTextException("the decoder Strip's content is not one character.");
}
