using System.Collections.Immutable;

namespace Furiosa.Gateway.Text;

/// <summary>
/// The stop strings of a request with what finding them needs, made once and shared by the <see cref="StopMatcher"/> of each of its
/// choices. Immutable, so thread-safe.
/// </summary>
internal sealed class StopSet
{
    private readonly ImmutableArray<ImmutableArray<int>> _fallbacks;

    /// <param name="stops">The stop strings; empty ones are ignored.</param>
    public StopSet(IEnumerable<string> stops)
    {
        Strings = [.. stops.Where(stop => stop.Length > 0)];
        _fallbacks = [.. Strings.Select(Fallbacks)];
    }

    /// <summary>No stop strings.</summary>
    public static StopSet Empty { get; } = new([]);

    /// <summary>The stop strings, in the request's order.</summary>
    public ImmutableArray<string> Strings { get; }

    /// <summary>How much of a stop string the text ends in after one more character.</summary>
    /// <param name="stop">Index of the stop string.</param>
    /// <param name="matched">How much it ended in before, less than the whole, in UTF-16 units.</param>
    /// <param name="character">The character.</param>
    internal int Advance(int stop, int matched, char character)
    {
        var text = Strings[stop];
        while (matched > 0 && text[matched] != character)
            matched = _fallbacks[stop][matched - 1];
        return text[matched] == character ? matched + 1 : matched;
    }

    // Knuth, Morris and Pratt: how long a proper prefix of the stop string each of its prefixes ends in.
    private static ImmutableArray<int> Fallbacks(string stop)
    {
        var fallbacks = new int[stop.Length];
        for (int at = 1, length = 0; at < stop.Length; at++)
        {
            while (length > 0 && stop[at] != stop[length])
                length = fallbacks[length - 1];
            if (stop[at] == stop[length])
                length++;
            fallbacks[at] = length;
        }

        return [.. fallbacks];
    }
}
