using Akka.Streams;
using Furiosa.Actors.Observation;

namespace Furiosa.Actors.Hosting;

/// <summary>A started runtime: the actor system with its gateway, replicas, stages and PEs.</summary>
public interface IFuriosaRuntime : IAsyncDisposable
{
    /// <summary>The door for requests.</summary>
    IGenerationClient Client { get; }

    /// <summary>Runs the client's sources; running one throws once <see cref="Terminated"/> has completed.</summary>
    IMaterializer Materializer { get; }

    /// <summary>What was loaded and where it was placed.</summary>
    RuntimeSummary Summary { get; }

    /// <summary>Whether requests are served now, and the live counts.</summary>
    RuntimeHealth Health { get; }

    /// <summary>What is known of the replicas now.</summary>
    RuntimePicture Picture { get; }

    /// <summary>The last events.</summary>
    RuntimeJournal Journal { get; }

    /// <summary>
    /// Completes when the actor system has ended, whatever ended it; with a <see cref="RuntimeStartException"/> when its cluster cannot work with it.
    /// </summary>
    Task Terminated { get; }

    /// <summary>Where requests are kept for clients that come back for their streams; null where they are not.</summary>
    IRequestArchive? Archive => null;

    /// <summary>The way to the other gateways of a cluster; null where there can be none.</summary>
    IGatewayExchange? Exchange => null;

    /// <summary>The cluster, for admins; null where there is nothing to see.</summary>
    IClusterView? Cluster => null;

    /// <summary>Shares requests among replicas in another way from now on.</summary>
    /// <param name="policy">One of <see cref="Routing.ReplicaRouters.Policies"/>.</param>
    /// <param name="profile">One of <see cref="Routing.ReplicaRouters.Profiles"/>.</param>
    void Route(string policy, string profile)
    {
    }

    /// <summary>Stops admission, lets running requests finish until the drain time-out, then ends the rest with a terminal event.</summary>
    Task StopAsync();
}

/// <summary>What was loaded and where it was placed, for the start-up report and <c>/v1/models</c>.</summary>
/// <param name="Architecture">E.g. <c>LlamaForCausalLM</c>.</param>
/// <param name="VocabularySize">Rows of the output head.</param>
/// <param name="MaxModelLen">Longest sequence in tokens.</param>
/// <param name="TensorParallel">PEs per group.</param>
/// <param name="PipelineParallel">Stages per replica.</param>
/// <param name="DataParallel">Replicas.</param>
/// <param name="ComputeThreads">Threads of the process's compute team.</param>
/// <param name="InstructionSet">Kernels in use, e.g. <c>AVX-512</c>.</param>
/// <param name="Pes">One row for each PE.</param>
/// <param name="KvBlockCount">Blocks of each replica's pool.</param>
/// <param name="KvBlockSize">Positions per block.</param>
/// <param name="SharedBytes">Bytes of weights that the process holds once for all PEs (embeddings, norms).</param>
/// <param name="WeightBytes">Bytes of weights in the process altogether.</param>
/// <param name="KvBytes">Bytes of KV cache in the process altogether, and of states.</param>
/// <param name="Notices">Lines for the admin: surplus PEs, stages that share a device.</param>
public sealed record RuntimeSummary(
    string Architecture, int VocabularySize, int MaxModelLen, int TensorParallel, int PipelineParallel, int DataParallel,
    int ComputeThreads, string InstructionSet, IReadOnlyList<PeSummary> Pes, int KvBlockCount, int KvBlockSize,
    long SharedBytes, long WeightBytes, long KvBytes, IReadOnlyList<string> Notices)
{
    /// <summary>Elements of a hidden state.</summary>
    public int HiddenSize { get; init; }

    /// <summary>States that each replica keeps of sequences, beside keys and values; 0 for a model without layers that keep one.</summary>
    public int StateCount { get; init; }

    /// <summary>Bytes of one of them.</summary>
    public long StateBytes { get; init; }
}

/// <summary>What one PE holds.</summary>
/// <param name="Name">E.g. <c>npu:0:3</c>.</param>
/// <param name="Replica">Index of its replica.</param>
/// <param name="Stage">Index of its stage.</param>
/// <param name="Rank">Rank in its tensor-parallel group.</param>
/// <param name="FirstLayer">First layer.</param>
/// <param name="LayerCount">Number of layers.</param>
/// <param name="QueryHeads">Query heads computed.</param>
/// <param name="KvHeads">KV heads read.</param>
/// <param name="WeightBytes">Bytes of packed weights of its own.</param>
/// <param name="KvBytes">Bytes of KV cache of its own, and of states.</param>
public sealed record PeSummary(
    string Name, int Replica, int Stage, int Rank, int FirstLayer, int LayerCount, int QueryHeads, int KvHeads, long WeightBytes, long KvBytes);

/// <summary>Live state.</summary>
/// <param name="State">Loading, serving, draining or failed.</param>
/// <param name="RunningRequests">Requests in the batch.</param>
/// <param name="WaitingRequests">Requests in queues.</param>
/// <param name="FreeKvBlocks">Blocks neither owned nor cached, over all replicas.</param>
/// <param name="CachedKvBlocks">Blocks that only the prefix cache holds.</param>
public sealed record RuntimeHealth(RuntimeState State, int RunningRequests, int WaitingRequests, int FreeKvBlocks, int CachedKvBlocks);

/// <summary>Phase of a runtime's life.</summary>
public enum RuntimeState
{
    /// <summary>Weights are being loaded.</summary>
    Loading,

    /// <summary>At least one replica serves.</summary>
    Serving,

    /// <summary>No new requests; running ones finish.</summary>
    Draining,

    /// <summary>No replica can serve.</summary>
    Failed,
}
