using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>Sizes and limits of one replica's scheduler.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>Default of <see cref="MaxBatchedTokens"/>.</summary>
    public const int DefaultMaxBatchedTokens = 512;

    /// <summary>Default of <see cref="MaxConcurrency"/>.</summary>
    public const int DefaultMaxConcurrency = 256;

    /// <summary>Blocks of the KV pool.</summary>
    public required int BlockCount { get; init; }

    /// <summary>Slots of states, of which every sequence that runs needs one; 0 for a model that keeps no states.</summary>
    public int StateCount { get; init; }

    /// <summary>What the replica's caches hold: blocks and states.</summary>
    public CacheSize Cache => new(BlockCount, StateCount);

    /// <summary>Longest sequence, prompt and output together, in tokens.</summary>
    public required int MaxModelLen { get; init; }

    /// <summary>Most rows of one step.</summary>
    public int MaxBatchedTokens { get; init; } = DefaultMaxBatchedTokens;

    /// <summary>Most guesses of next tokens in one step, over all its sequences; 0 for none. A state cannot go back to before a wrong guess: with states there are none.</summary>
    public int LookupTokens { get; init; }

    /// <summary>Most sequences that hold KV blocks at once; a request that alone asks for more runs alone.</summary>
    public int MaxConcurrency { get; init; } = DefaultMaxConcurrency;

    /// <summary>Whether full blocks are kept for later requests with the same prefix.</summary>
    public bool PrefixCaching { get; init; } = true;

    /// <summary>Steps under way at once: 1 where stages share cores, else the number of stages.</summary>
    public int StepsInFlight { get; init; } = 1;
}
