using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Observation;

/// <summary>What a stage's PEs have computed since their group was made, and where the time went.</summary>
/// <param name="Steps">Steps.</param>
/// <param name="Tokens">Tokens of those steps.</param>
/// <param name="Products">Linear products.</param>
/// <param name="Attention">Attention over the KV cache.</param>
/// <param name="Collectives">Sums over the PEs of the group.</param>
/// <param name="Sampling">Sampling.</param>
/// <param name="Other">Embedding, rotation, copies, quantising of inputs.</param>
/// <param name="Waiting">With a step at hand: until the compute team was free, and for other processes of the group.</param>
public readonly record struct StageWork(
    long Steps, long Tokens, TimeSpan Products, TimeSpan Attention, TimeSpan Collectives, TimeSpan Sampling, TimeSpan Other, TimeSpan Waiting)
{
    /// <summary>The PEs, e.g. <c>npu:0:0,npu:0:1</c>; empty before the first report.</summary>
    public string Pes { get => field ?? ""; init; }

    /// <summary>Time that the PEs computed.</summary>
    public TimeSpan Busy => Products + Attention + Collectives + Sampling + Other;

    internal static StageWork From(StageTimes times, IEnumerable<PeId> pes) =>
        new(times.Steps, times.Rows, times.Products, times.Attention, times.Collectives, times.Sampling, times.Other, times.Waiting) { Pes = string.Join(',', pes) };
}
