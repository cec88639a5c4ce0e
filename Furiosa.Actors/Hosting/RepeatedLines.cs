namespace Furiosa.Actors.Hosting;

/// <summary>
/// Keeps lines that differ in numbers only from filling a log, as somebody could have them do from outside: of each kind there are some in
/// any span of time, and the first of the next span tells how many were left out.
/// </summary>
/// <param name="most">Lines of one kind in a span.</param>
/// <param name="span">Length of a span.</param>
internal sealed class RepeatedLines(int most, TimeSpan span)
{
    private const int MostKinds = 256;

    private readonly Dictionary<string, Kind> _kinds = [];

    /// <summary>A line is to be written.</summary>
    /// <param name="line">The line.</param>
    /// <param name="now">The time, from any beginning.</param>
    /// <returns>The line, with what was left out before it; null when it is to be left out.</returns>
    public string? Take(string line, TimeSpan now)
    {
        var key = string.Concat(line.Where(letter => !char.IsAsciiHexDigit(letter)));
        if (!_kinds.TryGetValue(key, out var kind))
        {
            if (_kinds.Count >= MostKinds) _kinds.Clear();
            _kinds[key] = kind = new Kind { Since = now };
        }
        var leftOut = 0;
        if (now - kind.Since >= span) (kind.Since, kind.Count, leftOut, kind.LeftOut) = (now, 0, kind.LeftOut, 0);
        if (++kind.Count <= most) return leftOut == 0 ? line : $"{line} (and {leftOut} more like it before)";
        kind.LeftOut++;
        return null;
    }

    private sealed class Kind
    {
        public TimeSpan Since { get; set; }

        public int Count { get; set; }

        public int LeftOut { get; set; }
    }
}
