using System.Text;

namespace Furiosa.Gateway.Text;

/// <summary>
/// Ends a sequence's text at the first stop string. Text is held back only while its tail could still become a stop string. The match
/// that is complete earliest wins; of those complete at the same character, the one earlier in the list. Not thread-safe.
/// </summary>
/// <remarks>
/// A search is active or not for a whole piece of text: while the caller says it is not (before <c>min_tokens</c>), text passes and takes
/// no part in any later match.
/// </remarks>
public sealed class StopMatcher
{
    private readonly IReadOnlyList<string> _stops;
    private readonly bool _includeStop;
    private readonly int[][] _failures;
    private readonly int[] _matched;
    private readonly StringBuilder _held = new();

    /// <param name="stops">The stop strings; empty ones are ignored.</param>
    /// <param name="includeStop">Whether the stop string found stays at the end of the text (<c>include_stop_str_in_output</c>).</param>
    public StopMatcher(IEnumerable<string> stops, bool includeStop = false)
    {
        _stops = [.. stops.Where(stop => stop.Length > 0)];
        _includeStop = includeStop;
        _failures = [.. _stops.Select(Failures)];
        _matched = new int[_stops.Count];
    }

    /// <summary>The stop string that was found, or null.</summary>
    public string? Stopped { get; private set; }

    /// <summary>Takes the next text and gives what may be shown. After a stop string is found nothing more is.</summary>
    /// <param name="text">The text that follows all earlier calls' text.</param>
    /// <param name="active">Whether stop strings may be found in it.</param>
    public string Add(string text, bool active = true)
    {
        if (Stopped != null)
            return string.Empty;
        if (_stops.Count == 0)
            return text;
        if (!active)
        {
            Array.Clear(_matched);
            return Take(_held.Length) + text;
        }

        foreach (var character in text)
        {
            _held.Append(character);
            if (Advance(character) is { } found)
            {
                Stopped = found;
                return Take(_held.Length - (_includeStop ? 0 : found.Length));
            }
        }

        return Take(_held.Length - _matched.Max());
    }

    /// <summary>Ends the text: gives what was held back, or nothing where a stop string was found.</summary>
    public string Flush() => Stopped == null ? Take(_held.Length) : string.Empty;

    // Knuth, Morris and Pratt: how long a proper prefix of the stop string each of its prefixes ends in.
    private static int[] Failures(string stop)
    {
        var failures = new int[stop.Length];
        for (int at = 1, length = 0; at < stop.Length; at++)
        {
            while (length > 0 && stop[at] != stop[length])
                length = failures[length - 1];
            if (stop[at] == stop[length])
                length++;
            failures[at] = length;
        }

        return failures;
    }

    private string? Advance(char character)
    {
        string? found = null;
        for (var i = 0; i < _stops.Count; i++)
        {
            var stop = _stops[i];
            var length = _matched[i];
            while (length > 0 && stop[length] != character)
                length = _failures[i][length - 1];
            if (stop[length] == character)
                length++;
            _matched[i] = length;
            if (length == stop.Length)
                found ??= stop;
        }

        return found;
    }

    private string Take(int length)
    {
        var text = _held.ToString(0, length);
        _held.Remove(0, length);
        return text;
    }
}
