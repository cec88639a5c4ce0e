namespace Furiosa.Device.Execution;

/// <summary>What a stage's group has computed since it was made, and where its time went. Its PEs compute at the same times.</summary>
/// <param name="Steps">Steps taken up.</param>
/// <param name="Rows">Tokens of those steps.</param>
/// <param name="Products">Linear products.</param>
/// <param name="Attention">Attention over the KV cache.</param>
/// <param name="Collectives">Sums over the PEs of the group, with residual and norm.</param>
/// <param name="Sampling">Sampling.</param>
/// <param name="Other">Embedding, rotation, copies, quantising of inputs.</param>
/// <param name="Waiting">With a step at hand: until the compute team was free, and for other processes of the group.</param>
public readonly record struct StageTimes(
    long Steps, long Rows, TimeSpan Products, TimeSpan Attention, TimeSpan Collectives, TimeSpan Sampling, TimeSpan Other, TimeSpan Waiting);
