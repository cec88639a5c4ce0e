using System.Diagnostics;
using Furiosa.Device.Execution;

namespace Furiosa.Device.Models;

/// <summary>What a phase of the forward pass is.</summary>
internal enum WorkKind
{
    /// <summary>Embedding, rotation, copies of blocks, quantising of inputs.</summary>
    Other,

    /// <summary>Linear products.</summary>
    Product,

    /// <summary>Attention over the KV cache, or a short convolution over what it keeps.</summary>
    Attention,

    /// <summary>Sums over the PEs of the group, with the residual and the norm that follow in the same pass.</summary>
    Collective,

    /// <summary>Sampling.</summary>
    Sampling,

    /// <summary>Until the team is free, and for other processes of the group.</summary>
    Waiting,
}

/// <summary>
/// Adds up the time of phases by their kind: one look at the clock for each phase. Written by the one thread that advances the
/// program, read by any.
/// </summary>
internal sealed class PhaseClock
{
    private readonly long[] _ticks = new long[Enum.GetValues<WorkKind>().Length];
    private WorkKind? _running;
    private long _since;
    private long _steps;
    private long _rows;

    /// <summary>A step of some rows is taken up.</summary>
    public void Begin(int rows)
    {
        Volatile.Write(ref _steps, _steps + 1);
        Volatile.Write(ref _rows, _rows + rows);
        Enter(WorkKind.Waiting);
    }

    /// <summary>A phase begins, and with it the one before ends; null at the end of a step.</summary>
    public void Enter(WorkKind? kind)
    {
        long now = Stopwatch.GetTimestamp();
        if (_running is { } ended) Volatile.Write(ref _ticks[(int)ended], _ticks[(int)ended] + now - _since);
        (_running, _since) = (kind, now);
    }

    /// <summary>Ticks of a kind since the last reset.</summary>
    public long this[WorkKind kind] => Volatile.Read(ref _ticks[(int)kind]);

    /// <summary>Forgets what was counted, while no step is under way.</summary>
    public void Reset()
    {
        Array.Clear(_ticks);
        (_steps, _rows) = (0, 0);
    }

    /// <summary>What was counted so far.</summary>
    public StageTimes Read() => new(
        Volatile.Read(ref _steps), Volatile.Read(ref _rows), TimeOf(WorkKind.Product), TimeOf(WorkKind.Attention), TimeOf(WorkKind.Collective),
        TimeOf(WorkKind.Sampling), TimeOf(WorkKind.Other), TimeOf(WorkKind.Waiting));

    private TimeSpan TimeOf(WorkKind kind) => Stopwatch.GetElapsedTime(0, this[kind]);
}
