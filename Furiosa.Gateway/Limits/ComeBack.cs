namespace Furiosa.Gateway.Limits;

/// <summary>
/// When those who are refused are to come back: each a place later than the one before, as fast as places become free, so that they do not
/// all find the queue full again. Thread-safe.
/// </summary>
internal sealed class ComeBack(TimeProvider clock)
{
    // Whoever is refused again and again does not put off the others for ever.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly long _zero = clock.GetTimestamp();
    private TimeSpan _latest;

    /// <summary>How long the next one is to wait.</summary>
    /// <param name="wait">Until there is room at all.</param>
    /// <param name="each">Between one place and the next.</param>
    public TimeSpan Next(TimeSpan wait, TimeSpan each)
    {
        lock (_lock)
        {
            var now = clock.GetElapsedTime(_zero);
            var due = now + wait;
            if (_latest > now && _latest + each > due) due = _latest + each < now + Longest ? _latest + each : _latest;
            _latest = due;
            return due - now;
        }
    }
}
