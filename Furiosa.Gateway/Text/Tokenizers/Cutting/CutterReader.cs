using System.Text.Json;
using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class CutterReader
{
    private const int MostSteps = 100;

    /// <summary>The steps, and whether the model is given pieces whose bytes it is to take (ByteLevel was the last step).</summary>
    public static IReadOnlyList<PieceCutter> Read(JsonElement? element, out bool byteLevel)
    {
        var steps = new List<PieceCutter>();
        if (element is { } preTokenizer)
            Add(preTokenizer, steps, 0);
        byteLevel = steps is [.., AlphabetCutter];
        if (byteLevel)
            steps.RemoveAt(steps.Count - 1); // the model does that itself
        return steps;
    }

    private static void Add(JsonElement element, List<PieceCutter> steps, int depth)
    {
        if (depth > 16 || steps.Count > MostSteps)
            throw new ModelTextException($"the pre_tokenizer has more than {MostSteps} steps or nests too deeply.");
        var type = element.TypeName();
        switch (type)
        {
            case "Sequence":
                foreach (var part in element.GetProperty("pretokenizers").EnumerateArray())
                    Add(part, steps, depth + 1);
                break;
            case "ByteLevel":
                if (element.Flag("add_prefix_space", otherwise: true))
                    steps.Add(new PrefixSpaceCutter());
                if (element.Flag("use_regex", otherwise: true))
                    steps.Add(Cutters.ForPattern(Patterns.Gpt2, SplitBehavior.Isolated));
                steps.Add(new AlphabetCutter());
                break;
            case "Split":
                steps.Add(Cutters.ForPattern(Pattern(element.GetProperty("pattern")), Behavior(element, nameof(SplitBehavior.Isolated)), element.Flag("invert")));
                break;
            case "Digits":
                steps.Add(Cutters.ForPattern(@"\p{N}", element.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                steps.Add(Cutters.ForPattern(Patterns.Punctuation, Behavior(element, nameof(SplitBehavior.Isolated))));
                break;
            case "Whitespace":
                steps.Add(Cutters.ForPattern(@"\w+|[^\w\s]+", SplitBehavior.Removed, invert: true));
                break;
            case "WhitespaceSplit":
                steps.Add(Cutters.ForPattern(@"\s", SplitBehavior.Removed));
                break;
            case "BertPreTokenizer":
                steps.Add(Cutters.ForPattern(@"\s", SplitBehavior.Removed));
                steps.Add(Cutters.ForPattern(Patterns.Punctuation, SplitBehavior.Isolated));
                break;
            case "CharDelimiterSplit":
                steps.Add(Cutters.ForPattern(Regex.Escape(element.GetProperty("delimiter").Text()), SplitBehavior.Removed));
                break;
            case "UnicodeScripts":
                steps.Add(new ScriptCutter());
                break;
            case "Metaspace":
                steps.Add(Metaspace(element));
                break;
            case "FixedLength":
                steps.Add(new FixedLengthCutter(Math.Max(1, element.Optional("length")?.GetInt32() ?? 5)));
                break;
            default:
                throw new ModelTextException($"the pre_tokenizer {type} is not known.");
        }
    }

    /// <summary>The mark of a Metaspace pre-tokenizer or decoder.</summary>
    public static char Mark(JsonElement element) =>
        (element.Optional("replacement")?.Text() ?? "\u2581") is [var mark] ? mark : throw new ModelTextException("Metaspace's replacement is not one character.");

    /// <summary>When it is put before text; <c>add_prefix_space</c> is how older files say it.</summary>
    public static PrependScheme Scheme(JsonElement element) => element.Optional("prepend_scheme")?.Text() switch
    {
        "always" => PrependScheme.Always,
        "never" => PrependScheme.Never,
        "first" => PrependScheme.First,
        null => element.Flag("add_prefix_space", otherwise: true) ? PrependScheme.Always : PrependScheme.Never,
        var scheme => throw new ModelTextException($"Metaspace's prepend_scheme '{scheme}' is not one of always, never, first."),
    };

    private static MetaspaceCutter Metaspace(JsonElement element) => new(Mark(element), Scheme(element), element.Flag("split", otherwise: true));

    private static string Pattern(JsonElement pattern) =>
        pattern.ValueKind == JsonValueKind.String ? Regex.Escape(pattern.Text())
        : pattern.Optional("String")?.Text() is { } literal ? Regex.Escape(literal) : pattern.GetProperty("Regex").Text();

    private static SplitBehavior Behavior(JsonElement element, string otherwise)
    {
        var name = element.Optional("behavior")?.Text() ?? otherwise;
        return Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior) && !char.IsAsciiDigit(name[0])
            ? behavior
            : throw new ModelTextException($"the split behavior '{name}' is not one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}.");
    }
}
