namespace Furiosa.Actors.Scheduling;

/// <summary>
/// How far ahead a sequence tries: twice as far after every success, as far as it came after a partial one. Each failure asks the next guess
/// for a longer match, so that a text that does not repeat itself costs hardly more than without guesses.
/// </summary>
internal struct LookupPace
{
    private const int FirstMatch = 3;
    private const int ShortestMatch = 2;

    private int _ahead;
    private int _failures;

    /// <summary>Tokens to try, from 1.</summary>
    public readonly int Ahead => _ahead + 1;

    /// <summary>Tokens that a place must have in common with the end of the text.</summary>
    public readonly int Match => Math.Clamp(FirstMatch + _failures, ShortestMatch, PromptLookup.LongestMatch);

    /// <summary>Learns from a guess.</summary>
    /// <param name="tried">Its tokens.</param>
    /// <param name="right">How many of them were right.</param>
    public void Learn(int tried, int right)
    {
        _ahead = Math.Min(right == tried ? 2 * tried : Math.Max(0, right - 1), 1 << 10);
        _failures = Math.Clamp(_failures + (right == 0 ? 1 : -1), ShortestMatch - FirstMatch, PromptLookup.LongestMatch - FirstMatch);
    }
}
