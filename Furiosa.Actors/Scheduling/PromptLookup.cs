namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Guesses how a text goes on from how it went on before: answers quote their prompt and themselves. No model is asked; what is guessed is
/// computed beside the next token and kept as far as the model says the same (prompt lookup decoding, Saxena 2023; speculative decoding,
/// Leviathan et al. 2023).
/// </summary>
internal static class PromptLookup
{
    /// <summary>Longest end of a text that is looked for: of two places with as much in common the later one is taken.</summary>
    public const int LongestMatch = 8;

    /// <summary>How far back is looked, in tokens: so many are searched in a few microseconds.</summary>
    public const int Window = 16 * 1024;

    /// <summary>Places that are looked at: each is one of the last token's, which may be a comma.</summary>
    public const int MostPlaces = 256;

    /// <summary>Finds the place before that has most in common with the end of a text, and proposes what came behind it.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="shortest">Tokens that they must have in common, from 1 to <see cref="LongestMatch"/>.</param>
    /// <param name="drafts">Takes the proposals. Where they run into the end of the text they go on with themselves, as in a loop.</param>
    /// <returns>How many there are: all of <paramref name="drafts"/> or none.</returns>
    public static int Propose(ReadOnlySpan<int> tokens, int shortest, Span<int> drafts)
    {
        if (drafts.IsEmpty || tokens.IsEmpty) return 0;
        var text = tokens[Math.Max(0, tokens.Length - Window)..];
        var (best, next) = (shortest - 1, -1);
        var places = MostPlaces;
        for (var end = text.Length - 1; best < LongestMatch && places-- > 0 && text[..end].LastIndexOf(text[^1]) is >= 0 and var place; end = place)
        {
            var common = 1;
            while (common < LongestMatch && common <= place && text[place - common] == text[^(common + 1)]) common++;
            if (common > best) (best, next) = (common, place + 1);
        }
        if (next < 0) return 0;
        for (var i = 0; i < drafts.Length; i++, next++) drafts[i] = next < text.Length ? text[next] : drafts[next - text.Length];
        return drafts.Length;
    }
}
