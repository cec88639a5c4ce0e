using Furiosa.Actors.Hosting;

namespace Furiosa.Actors.Observation;

/// <summary>What the gateway of this process knows of the runtime now.</summary>
/// <param name="Replicas">By index.</param>
/// <param name="Resumes">Requests of this gateway that went on after their group was lost.</param>
public sealed record RuntimePicture(IReadOnlyList<ReplicaPicture> Replicas, long Resumes)
{
    /// <summary>
    /// What processing elements of this process computed for replicas, told where no gateway of its own hears it from them: a device node
    /// may work for replicas that are at home elsewhere.
    /// </summary>
    public IReadOnlyList<(int Replica, StageWork Work)> Own { get; init; } = [];

    /// <summary>Nothing yet.</summary>
    public static RuntimePicture Empty { get; } = new([], 0);
}

/// <summary>One replica.</summary>
/// <param name="Index">Its index.</param>
/// <param name="State"><c>loading</c>, <c>serving</c>, <c>draining</c>, <c>failed</c>, or <c>lost</c> to this gateway.</param>
/// <param name="Reason">Why it does not serve, or last did not.</param>
/// <param name="Epoch">The life of its groups.</param>
/// <param name="Running">Requests in its batch.</param>
/// <param name="Waiting">Requests in its queue.</param>
/// <param name="FreeBlocks">KV blocks that hold nothing.</param>
/// <param name="CachedBlocks">KV blocks that only the prefix cache holds.</param>
/// <param name="Recoveries">How often its group was made again.</param>
/// <param name="Counters">What its scheduler counted.</param>
/// <param name="Stages">What its stages computed, by their index; empty until the first report.</param>
public sealed record ReplicaPicture(
    int Index, string State, string? Reason, long Epoch, int Running, int Waiting, int FreeBlocks, int CachedBlocks, long Recoveries,
    ReplicaCounters Counters, IReadOnlyList<StageWork> Stages)
{
    /// <summary>Address of the node that hosts it; empty for this process.</summary>
    public string Node { get; init; } = "";

    /// <summary>Its slots of states.</summary>
    public StateCounts States { get; init; }

    /// <summary>The same node by node: of a stage whose group spans nodes, <see cref="Stages"/> has the first one's.</summary>
    public IReadOnlyList<StageWork> Parts { get; init; } = [];

    /// <summary>What its processing elements hold, by stage and rank, without names; empty until it first serves.</summary>
    public IReadOnlyList<PeSummary> Pes { get; init; } = [];

    /// <summary>KV blocks of its pool.</summary>
    /// <param name="summary">Knows it before the first report, where the replica is in this process.</param>
    public int BlocksOf(RuntimeSummary summary) => Counters.Blocks > 0 ? Counters.Blocks : summary.KvBlockCount;

    /// <summary>KV blocks that requests hold.</summary>
    /// <param name="summary">See <see cref="BlocksOf"/>.</param>
    public int UsedBlocksOf(RuntimeSummary summary) => Math.Max(0, BlocksOf(summary) - FreeBlocks - CachedBlocks);
}
