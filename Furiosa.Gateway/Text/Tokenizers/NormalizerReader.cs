using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Reads the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class NormalizerReader
{
    public static Normalizer? Read(JsonElement? element) => element is { } normalizer ? Read(normalizer) : null;

    private static Normalizer Read(JsonElement element) => element.TypeName() switch
    {
        "Sequence" => new SequenceNormalizer([.. element.GetProperty("normalizers").EnumerateArray().Select(Read)]),
        "NFC" => new UnicodeNormalizer(compatible: false, compose: true),
        "NFD" => new UnicodeNormalizer(compatible: false, compose: false),
        "NFKC" => new UnicodeNormalizer(compatible: true, compose: true),
        "NFKD" => new UnicodeNormalizer(compatible: true, compose: false),
        "Lowercase" => new FunctionNormalizer(text => text.ToLowerInvariant()),
        "Strip" => Strip(element.Flag("strip_left"), element.Flag("strip_right")),
        "Prepend" => Prepend(element.GetProperty("prepend").Text()),
        "Replace" => Replace(element.GetProperty("pattern"), element.GetProperty("content").Text()),
        var type => throw new ModelTextException($"the normalizer {type} is not supported yet."),
    };

    private static FunctionNormalizer Strip(bool left, bool right) => new(text =>
    {
        text = left ? text.TrimStart() : text;
        return right ? text.TrimEnd() : text;
    });

    private static FunctionNormalizer Prepend(string prefix) => new(text => text.Length == 0 ? text : prefix + text);

    private static FunctionNormalizer Replace(JsonElement pattern, string content)
    {
        if (pattern.Optional("String")?.Text() is { Length: > 0 } literal)
            return new FunctionNormalizer(text => text.Replace(literal, content, StringComparison.Ordinal));
        var regex = PatternPreTokenizer.Compile(pattern.GetProperty("Regex").Text());
        return new FunctionNormalizer(text => regex.Replace(text, _ => content));
    }
}
