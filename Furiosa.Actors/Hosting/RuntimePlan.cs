namespace Furiosa.Actors.Hosting;

/// <summary>What a start with some options would take, worked out from the headers of the model's files alone.</summary>
/// <param name="Pes">One row for each PE of the first replica; KV bytes as the plan gives them.</param>
/// <param name="Replicas">Replicas, which share the weights.</param>
/// <param name="TensorParallel">PEs of a group.</param>
/// <param name="PipelineParallel">Stages of a replica.</param>
/// <param name="WeightBytes">Weights of the process altogether.</param>
/// <param name="KvBytesPerToken">KV cache of one token of context in one replica.</param>
/// <param name="KvBytes">KV caches of all replicas, and their states.</param>
/// <param name="ScratchBytes">Activations of the largest step of each replica, about.</param>
/// <param name="FreeBytes">What the process may still take.</param>
/// <param name="Tokens">Tokens of context that the KV cache of one replica holds; 0 where it does not fit.</param>
/// <param name="MaxModelLen">Longest sequence in tokens that would be served.</param>
/// <param name="Problem">Why it does not fit and the setting that would, or null.</param>
/// <param name="Notices">Lines for the admin.</param>
public sealed record RuntimePlan(
    IReadOnlyList<PeSummary> Pes, int Replicas, int TensorParallel, int PipelineParallel, long WeightBytes, long KvBytesPerToken, long KvBytes, long ScratchBytes,
    long FreeBytes, long Tokens, int MaxModelLen, string? Problem, IReadOnlyList<string> Notices)
{
    /// <summary>States that a replica keeps of sequences, beside keys and values; 0 for a model without layers that keep one.</summary>
    public int States { get; init; }

    /// <summary>Bytes of one of them.</summary>
    public long BytesPerState { get; init; }
}
