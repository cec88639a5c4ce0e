namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Makes the cutter of a pattern.</summary>
internal static class Cutters
{
    public static PieceCutter ForPattern(string pattern, SplitBehavior behavior, bool invert = false) => new PatternCutter(pattern, behavior, invert);
}
