namespace Furiosa.Gateway.Limits;

/// <summary>Foresees how long a request will wait, from how fast those before it were begun lately. Thread-safe.</summary>
internal sealed class WaitForecast(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private long _at;
    private double _secondsEach;

    /// <summary>A request that had to wait was begun.</summary>
    public void NoteStart(bool othersWait)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (_at != 0 && othersWait)
            {
                var seconds = clock.GetElapsedTime(_at, now).TotalSeconds;
                _secondsEach = _secondsEach == 0 ? seconds : _secondsEach + ((seconds - _secondsEach) / 8);
            }
            _at = othersWait ? now : 0;
        }
    }

    /// <summary>From one beginning to the next; nothing while too little is known.</summary>
    public TimeSpan Each
    {
        get
        {
            lock (_lock)
            {
                // When none has begun for longer than usual, that is the better guess.
                var since = _at == 0 ? 0 : clock.GetElapsedTime(_at, clock.GetTimestamp()).TotalSeconds;
                return TimeSpan.FromSeconds(Math.Max(_secondsEach, Math.Min(since, 3600)));
            }
        }
    }

    /// <summary>The wait behind so many others.</summary>
    public TimeSpan Of(int waiting)
    {
        if (waiting > 0) return waiting * Each;
        // All who waited have gone, perhaps without a turn: the time from here on is nobody's wait.
        lock (_lock) _at = 0;
        return TimeSpan.Zero;
    }
}
