using System.Globalization;
using System.Text;
using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers.Cutting;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>Reads the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class NormalizerReader
{
    private const int Deepest = 16;
    private const int MostParts = 256;

    public static Normalizer? Read(JsonElement? element) => element is { } normalizer ? Read(normalizer, 0) : null;

    private static Normalizer Read(JsonElement element, int depth) => element.TypeName() switch
    {
        "Sequence" => Sequence(element.GetProperty("normalizers"), depth),
        "NFC" => new UnicodeNormalizer(compatible: false, compose: true),
        "NFD" => new UnicodeNormalizer(compatible: false, compose: false),
        "NFKC" => new UnicodeNormalizer(compatible: true, compose: true),
        "NFKD" => new UnicodeNormalizer(compatible: true, compose: false),
        "Lowercase" => new FunctionNormalizer(BertNormalizer.Lower),
        "Strip" => Strip(element.Flag("strip_left"), element.Flag("strip_right")),
        "StripAccents" => new FunctionNormalizer(text => Without(text, UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark, UnicodeCategory.EnclosingMark)),
        "Prepend" => Prepend(element.GetProperty("prepend").Text()),
        "Replace" => Replace(element.GetProperty("pattern"), element.GetProperty("content").Text()),
        "BertNormalizer" => new BertNormalizer(
            element.Flag("clean_text", otherwise: true), element.Flag("handle_chinese_chars", otherwise: true), element.Optional("strip_accents")?.GetBoolean(), element.Flag("lowercase", otherwise: true)),
        "Nmt" => new FunctionNormalizer(NmtNormalizer.Normalize),
        "Precompiled" => CharsMapNormalizer.Make(element.GetProperty("precompiled_charsmap") is { ValueKind: JsonValueKind.String } map ? Convert.FromBase64String(map.Text()) : []),
        "ByteLevel" => new FunctionNormalizer(AlphabetCutter.Write),
        var type => throw new ModelTextException($"the normalizer {type} is not known."),
    };

    /// <summary>A text without the characters of some categories.</summary>
    public static string Without(string text, params ReadOnlySpan<UnicodeCategory> categories)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!categories.Contains(Rune.GetUnicodeCategory(rune)))
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static SequenceNormalizer Sequence(JsonElement list, int depth) =>
        depth < Deepest && list.GetArrayLength() <= MostParts
            ? new SequenceNormalizer([.. list.EnumerateArray().Select(part => Read(part, depth + 1))])
            : throw new ModelTextException($"the normalizer has more than {MostParts} parts or nests too deeply.");

    private static FunctionNormalizer Strip(bool left, bool right) => new(text =>
    {
        text = left ? text.TrimStart() : text;
        return right ? text.TrimEnd() : text;
    });

    private static FunctionNormalizer Prepend(string prefix) => new(text => text.Length == 0 ? text : Growth.Check(prefix + text));

    private static FunctionNormalizer Replace(JsonElement pattern, string content)
    {
        var literal = pattern.ValueKind == JsonValueKind.String ? pattern.Text() : pattern.Optional("String")?.Text();
        if (literal is { Length: > 0 })
        {
            return new FunctionNormalizer(text =>
            {
                Growth.Check(text.Length + (content.Length > literal.Length ? (long)content.Length * text.AsSpan().Count(literal) : 0));
                return text.Replace(literal, content, StringComparison.Ordinal);
            });
        }

        var regex = TokenizerPattern.Compile(pattern.GetProperty("Regex").Text());
        return new FunctionNormalizer(text =>
        {
            if (content.Length > 1)
                Growth.Check(text.Length + ((long)content.Length * regex.Count(text)));
            return regex.Replace(text, _ => content);
        });
    }
}
