namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Makes the cutter of a pattern.</summary>
internal static class Cutters
{
    public static PieceCutter ForPattern(string pattern, SplitBehavior behavior, bool invert = false)
    {
        // Where a pattern matches everything, each match is a piece whichever way that is said.
        var isEachMatch = (behavior, invert) is (SplitBehavior.Isolated, false) or (SplitBehavior.Removed, true);
        return (isEachMatch ? WordScanner.Of(pattern) : null) ?? (PieceCutter)new PatternCutter(pattern, behavior, invert);
    }
}
