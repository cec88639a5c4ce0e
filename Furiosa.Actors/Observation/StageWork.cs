using Furiosa.Device.Execution;

namespace Furiosa.Actors.Observation;

/// <summary>
/// What PEs of a stage have computed since their group was made, and where the time went: all of the stage's, or those of one node where its
/// group spans several. All of a group compute the same steps, so that the times of its nodes must not be added.
/// </summary>
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
    /// <summary>The stage.</summary>
    public int Stage { get; init; }

    /// <summary>Name of the PEs' node; empty in a process by itself and before the first report.</summary>
    public string Node { get => field ?? ""; init; }

    /// <summary>The PEs, e.g. <c>npu:0:0,npu:0:1</c>; empty before the first report.</summary>
    public string Pes { get => field ?? ""; init; }

    /// <summary>Their ranks in the stage's group, in the same order, e.g. <c>0,1</c>.</summary>
    public string Ranks { get => field ?? ""; init; }

    /// <summary>The PEs by rank.</summary>
    public IEnumerable<(int Rank, string Pe)> Elements => Ranks.Split(',').Zip(Pes.Split(','), static (rank, pe) => (int.TryParse(rank, out var number) ? number : -1, pe)).Where(static element => element.Item1 >= 0);

    /// <summary>Time that the PEs computed.</summary>
    public TimeSpan Busy => Products + Attention + Collectives + Sampling + Other;

    internal static StageWork From(StageTimes times, StagePlacement placement, string node) =>
        new(times.Steps, times.Rows, times.Products, times.Attention, times.Collectives, times.Sampling, times.Other, times.Waiting)
        {
            Stage = placement.Stage,
            Node = node,
            Pes = string.Join(',', placement.LocalRanks.Select(rank => placement.Pes[rank])),
            Ranks = string.Join(',', placement.LocalRanks),
        };
}
