using System.Diagnostics;

namespace Furiosa.Actors.Observation;

/// <summary>Counts a replica's steps by their size, and the time with one under way. For one thread; allocates nothing for a step.</summary>
internal sealed class StepMeter
{
    private readonly long[] _sizes = new long[ReplicaCounters.StepSizeBounds.Length + 1];
    private readonly long[] _tokens = new long[ReplicaCounters.StepSizeBounds.Length + 1];
    private long _activeTicks;
    private long _since;
    private long _steps;
    private int _underWay;

    /// <summary>A step of some tokens sets out.</summary>
    public void Begin(int tokens)
    {
        if (_underWay++ == 0) _since = Stopwatch.GetTimestamp();
        var size = 0;
        while (size < ReplicaCounters.StepSizeBounds.Length && tokens > ReplicaCounters.StepSizeBounds[size]) size++;
        _sizes[size]++;
        _tokens[size] += tokens;
    }

    /// <summary>A step came back.</summary>
    public void End()
    {
        _steps++;
        if (--_underWay == 0) _activeTicks += Stopwatch.GetTimestamp() - _since;
    }

    /// <summary>Whatever was under way is lost.</summary>
    public void Drop()
    {
        if (_underWay > 0) _activeTicks += Stopwatch.GetTimestamp() - _since;
        _underWay = 0;
    }

    /// <summary>All counts so far.</summary>
    public ReplicaCounters Read(long prefixQueries, long prefixHits, long preemptions, int blocks)
    {
        var active = _activeTicks + (_underWay > 0 ? Stopwatch.GetTimestamp() - _since : 0);
        return new(prefixQueries, prefixHits, preemptions, _steps, Stopwatch.GetElapsedTime(0, active), [.. _sizes], [.. _tokens], blocks);
    }
}
