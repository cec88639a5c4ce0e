namespace Furiosa.Gateway.Limits;

/// <summary>
/// A budget that fills evenly, a whole minute's worth at most. It may be overdrawn by what is known only afterwards, and is then in debt
/// until it has filled again. Not thread-safe.
/// </summary>
internal sealed class TokenBucket(TimeProvider clock)
{
    private const double SecondsToFill = 60;
    private double _level = double.NaN;
    private long _at;

    /// <summary>What may be taken now, of a budget of so much a minute.</summary>
    public double Level(int perMinute)
    {
        var now = clock.GetTimestamp();
        _level = double.IsNaN(_level) ? perMinute : Math.Min(perMinute, _level + (perMinute * clock.GetElapsedTime(_at, now).TotalSeconds / SecondsToFill));
        _at = now;
        return _level;
    }

    public void Take(int perMinute, double amount)
    {
        Level(perMinute);
        _level -= amount;
    }

    /// <summary>So much of the budget is known to be spent; what is known here may be more.</summary>
    public void Lower(int perMinute, double spent) => _level = Math.Min(Level(perMinute), perMinute - spent);

    /// <summary>How long until so much can be taken; what is more than the whole budget counts as the whole.</summary>
    public TimeSpan WaitFor(int perMinute, double amount) =>
        TimeSpan.FromSeconds(Math.Max(0, (Math.Min(amount, perMinute) - Level(perMinute)) * SecondsToFill / perMinute));
}
