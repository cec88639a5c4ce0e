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
internal sealed class StopMatcher
{
    private readonly StopSet _stops;
    private readonly bool _includeStop;
    private readonly int[] _matched;
    private readonly StringBuilder _held = new();

    /// <param name="stops">The stop strings.</param>
    /// <param name="includeStop">Whether the stop string found stays at the end of the text (<c>include_stop_str_in_output</c>).</param>
    public StopMatcher(StopSet stops, bool includeStop = false)
    {
        _stops = stops;
        _includeStop = includeStop;
        _matched = new int[stops.Strings.Length];
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
        if (_matched.Length == 0)
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

    private string? Advance(char character)
    {
        string? found = null;
        for (var i = 0; i < _matched.Length; i++)
        {
            _matched[i] = _stops.Advance(i, _matched[i], character);
            if (_matched[i] == _stops.Strings[i].Length)
                found ??= _stops.Strings[i];
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
