using System.Text.Json;
using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerReader
{
    // GPT-2's pattern, which ByteLevel uses by itself.
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The stages, and whether the last of them makes pieces byte-level.</summary>
    public static IReadOnlyList<PreTokenizerStage> Read(JsonElement? element, out bool byteLevel)
    {
        var stages = new List<PreTokenizerStage>();
        byteLevel = false;
        if (element is { } preTokenizer)
            Add(preTokenizer, stages, ref byteLevel);
        return stages;
    }

    private static void Add(JsonElement element, List<PreTokenizerStage> stages, ref bool byteLevel)
    {
        var type = element.TypeName();
        if (byteLevel)
            throw new ModelTextException($"the pre_tokenizer {type} after ByteLevel is not supported.");
        switch (type)
        {
            case "Sequence":
                foreach (var part in element.GetProperty("pretokenizers").EnumerateArray())
                    Add(part, stages, ref byteLevel);
                break;
            case "ByteLevel":
                byteLevel = true;
                var prefix = element.Flag("add_prefix_space", otherwise: true);
                if (element.Flag("use_regex", otherwise: true))
                    stages.Add(new PreTokenizerStage(new PatternPreTokenizer(Gpt2, SplitBehavior.Isolated, false), prefix));
                else if (prefix)
                    stages.Add(new PreTokenizerStage(null, AddPrefixSpace: true));
                break;
            case "Split":
                Cut(stages, Pattern(element.GetProperty("pattern")), Behavior(element, nameof(SplitBehavior.Isolated)), element.Flag("invert"));
                break;
            case "Digits":
                Cut(stages, @"\p{N}", element.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
                break;
            case "Punctuation":
                Cut(stages, @"[\p{P}$+<=>^`|~]", Behavior(element, nameof(SplitBehavior.Isolated)));
                break;
            case "Whitespace":
                Cut(stages, @"\w+|[^\w\s]+", SplitBehavior.Removed, invert: true);
                break;
            case "WhitespaceSplit":
                Cut(stages, @"\s", SplitBehavior.Removed);
                break;
            default:
                throw new ModelTextException($"the pre_tokenizer {type} is not supported yet.");
        }
    }

    private static void Cut(List<PreTokenizerStage> stages, string pattern, SplitBehavior behavior, bool invert = false) =>
        stages.Add(new PreTokenizerStage(new PatternPreTokenizer(pattern, behavior, invert)));

    private static string Pattern(JsonElement pattern) =>
        pattern.Optional("String")?.Text() is { } literal ? Regex.Escape(literal) : pattern.GetProperty("Regex").Text();

    private static SplitBehavior Behavior(JsonElement element, string otherwise)
    {
        var name = element.Optional("behavior")?.Text() ?? otherwise;
        return Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior) && !char.IsAsciiDigit(name[0])
            ? behavior
            : throw new ModelTextException($"the split behavior '{name}' is not one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}.");
    }
}
