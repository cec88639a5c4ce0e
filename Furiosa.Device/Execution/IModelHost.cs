using Furiosa.Device.Loading;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;

namespace Furiosa.Device.Execution;

/// <summary>
/// One model opened in this process: its files and the packed weights, which replicas of the process share read-only.
/// </summary>
public interface IModelHost : IDisposable
{
    /// <summary>The architecture.</summary>
    ModelConfig Config { get; }

    /// <summary>The model's own sampling defaults and end tokens.</summary>
    GenerationConfig Generation { get; }

    /// <summary>Longest sequence served, prompt and output together, in tokens.</summary>
    int MaxModelLen { get; }

    /// <summary>Bytes of KV cache that one block of 16 positions takes over the layers and KV heads of a whole replica.</summary>
    long KvBytesPerBlock { get; }

    /// <summary>Bytes that one slot of states takes over the layers and heads of a whole replica; 0 for a model without layers that keep one.</summary>
    long StateBytesPerSlot => 0;

    /// <summary>Bytes of weights held once for all PEs of the process: the mapped embedding, norms, biases added after sums.</summary>
    long SharedBytes { get; }

    /// <summary>What each PE of a stage would hold, with the KV bytes of one block and the bytes of one slot of states, worked out without packing any weights.</summary>
    /// <param name="tensorParallel">PEs of the group.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="stageCount">Stages of a replica.</param>
    IReadOnlyList<PeFootprint> Measure(int tensorParallel, int stage, int stageCount) => [];

    /// <summary>About how many bytes of activations a step of so many tokens takes in one replica.</summary>
    /// <param name="rows">Tokens of the step.</param>
    long ScratchBytes(int rows) => 0;

    /// <summary>Threads of the compute team.</summary>
    int ComputeThreads { get; }

    /// <summary>What the admin should know of how the model was opened, in sentences.</summary>
    IReadOnlyList<string> Notices => [];

    /// <summary>Kernels in use, e.g. <c>AVX-512</c>.</summary>
    string InstructionSet { get; }

    /// <summary>Packs (once per process) the weights of the stage's local PEs and makes their caches.</summary>
    /// <param name="placement">Which layers, which PEs, which of them are here.</param>
    /// <param name="size">What the replica's caches hold; the same for every stage.</param>
    /// <param name="progress">Told each layer that is ready.</param>
    IStageGroup CreateStage(StagePlacement placement, CacheSize size, IProgress<string>? progress = null);
}

/// <summary>Where one pipeline stage of one replica runs.</summary>
/// <param name="Replica">Index of the replica.</param>
/// <param name="Stage">Index of the stage within its replica.</param>
/// <param name="StageCount">Stages of the replica.</param>
/// <param name="Pes">Members of the tensor-parallel group, by rank: 1, 2, 4 or 8.</param>
/// <param name="LocalRanks">Ranks that live in this process; all of them unless the group spans processes.</param>
/// <param name="Link">Exchanges partial sums with the other processes of the group; null when all ranks are local. The group disposes it.</param>
public sealed record StagePlacement(
    int Replica, int Stage, int StageCount, IReadOnlyList<PeId> Pes, IReadOnlyList<int> LocalRanks, ITensorParallelLink? Link = null);

/// <summary>The wire of a tensor-parallel group that spans processes. Called from one compute thread of the group at a time.</summary>
public interface ITensorParallelLink : IDisposable
{
    /// <summary>
    /// All-gather: sends the local ranks' values and fills in the others'. Blocks until all are there; throws when a peer is gone
    /// (the step then faults). Never adds: the group adds in the order of the numerics rule.
    /// </summary>
    /// <param name="valuesByRank">One array per rank of the group, long enough; the local ones are filled.</param>
    /// <param name="countByRank">How many values count of each rank's.</param>
    void AllGather(float[][] valuesByRank, ReadOnlySpan<int> countByRank);
}
