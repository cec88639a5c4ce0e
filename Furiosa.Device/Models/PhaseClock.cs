using System.Diagnostics;

namespace Furiosa.Device.Models;

/// <summary>What a phase of the forward pass is, for benchmarks.</summary>
internal enum WorkKind
{
    /// <summary>Norms, rotation, sums, sampling.</summary>
    Other,

    /// <summary>Linear products.</summary>
    Product,

    /// <summary>Attention over the KV cache.</summary>
    Attention,
}

/// <summary>Adds up the time of phases by their kind.</summary>
internal sealed class PhaseClock
{
    private readonly long[] _ticks = new long[3];
    private WorkKind? _running;
    private long _since;

    /// <summary>A phase begins, and with it the one before ends; null at the end of a step.</summary>
    public void Enter(WorkKind? kind)
    {
        long now = Stopwatch.GetTimestamp();
        if (_running is { } ended) _ticks[(int)ended] += now - _since;
        (_running, _since) = (kind, now);
    }

    /// <summary>Ticks of a kind since the last reset.</summary>
    public long this[WorkKind kind] => _ticks[(int)kind];

    public void Reset() => Array.Clear(_ticks);
}
