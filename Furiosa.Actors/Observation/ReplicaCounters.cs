using System.Collections.Immutable;

namespace Furiosa.Actors.Observation;

/// <summary>What a replica's scheduler has counted since it was made.</summary>
/// <param name="PrefixQueries">Prompt tokens looked up in the prefix cache, once for each request.</param>
/// <param name="PrefixHits">Those that it held.</param>
/// <param name="Preemptions">Sequences whose KV blocks were taken for an earlier one.</param>
/// <param name="Steps">Steps that came back.</param>
/// <param name="Active">Time with at least one step under way.</param>
/// <param name="StepSizes">Steps by their tokens, one for each of <see cref="StepSizeBounds"/> and one for larger ones.</param>
/// <param name="StepTokens">Tokens of the steps of each of these sizes together.</param>
/// <param name="Blocks">KV blocks of its pool.</param>
public sealed record ReplicaCounters(
    long PrefixQueries, long PrefixHits, long Preemptions, long Steps, TimeSpan Active, ImmutableArray<long> StepSizes, ImmutableArray<long> StepTokens, int Blocks)
{
    /// <summary>Guesses of next tokens.</summary>
    public DraftCounters Drafts { get; init; } = DraftCounters.None;

    /// <summary>Upper ends of the sizes that are told apart.</summary>
    public static ImmutableArray<int> StepSizeBounds { get; } = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

    /// <summary>Nothing yet.</summary>
    public static ReplicaCounters None { get; } = new(
        0, 0, 0, 0, TimeSpan.Zero, [.. new long[StepSizeBounds.Length + 1]], [.. new long[StepSizeBounds.Length + 1]], 0);
}
