using System.Globalization;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>What the caches of each replica hold, and the longest sequence that fits them.</summary>
/// <param name="Cache">KV blocks and states of each replica.</param>
/// <param name="MaxModelLen">Longest sequence in tokens.</param>
/// <param name="Notice">A line for the admin, or null.</param>
internal sealed record MemoryPlan(CacheSize Cache, int MaxModelLen, string? Notice)
{
    /// <summary>Sequences of full length that the automatic plan makes room for.</summary>
    public const int WantedSequences = 64;

    /// <summary>Slots and block tables are indexed with 32 bits.</summary>
    public const int MostBlocks = 1 << 26;

    // One that a sequence works in, one after its prompt and one after the newest block of its answer, for later requests that begin alike.
    private const int StatesPerSequence = 3;

    private const int LeastStates = 4;

    // A scheduler knows each block and its tokens, about a hundred bytes, whatever the block itself takes.
    private const int MostEmptyBlocks = 1 << 20;

    /// <summary>Plans the caches of all replicas.</summary>
    /// <param name="options">What the admin asked for.</param>
    /// <param name="modelLength">Longest sequence that the model was made for (or that was asked for).</param>
    /// <param name="bytesPerBlock">Bytes of one block over all layers of a replica; 0 where no layer keeps keys and values.</param>
    /// <param name="bytesPerState">Bytes of one slot of states over all layers of a replica; 0 where no layer keeps a state.</param>
    /// <param name="replicas">Number of replicas.</param>
    /// <param name="availableBytes">Bytes left for caches once the weights are in place.</param>
    public static MemoryPlan Make(RuntimeOptions options, int modelLength, long bytesPerBlock, long bytesPerState, int replicas, long availableBytes)
    {
        var bytes = options.KvCacheBytes ?? availableBytes / 2;
        var cache = SizeOf(options, modelLength, bytesPerBlock, bytesPerState, bytes / replicas);
        if (cache.Blocks < 1)
        {
            throw new RuntimeConfigurationException(string.Create(CultureInfo.InvariantCulture,
                $"{Megabytes(bytes)} MB for the KV caches of {replicas} replicas does not hold a block of {Megabytes(bytesPerBlock)} MB each{ShowStates(cache, bytesPerState)}: give more memory or use fewer replicas (-dp)."));
        }
        var held = (long)cache.Blocks * KvBlocks.Size;
        if (held >= modelLength) return new(cache, modelLength, null);
        if (options.MaxModelLen is not null)
        {
            throw new RuntimeConfigurationException(string.Create(CultureInfo.InvariantCulture,
                $"A sequence of --max-model-len {modelLength} tokens does not fit the KV cache, which holds {held}: lower --max-model-len to {held} or give more memory."));
        }
        return new(cache, (int)held, string.Create(CultureInfo.InvariantCulture,
            $"INFO: the longest sequence is lowered from {modelLength} to {held} tokens, which is what {Megabytes(bytes)} MB of KV cache hold."));
    }

    /// <summary>What so many bytes of one replica hold: first states, of which no more than half of the bytes are made, then KV blocks.</summary>
    /// <exception cref="RuntimeConfigurationException">They do not hold the fewest states that a model which keeps some is served with.</exception>
    public static CacheSize SizeOf(RuntimeOptions options, int modelLength, long bytesPerBlock, long bytesPerState, long bytes)
    {
        var sequences = Math.Min(options.MaxConcurrency ?? SchedulerOptions.DefaultMaxConcurrency, WantedSequences);
        var wanted = Math.Min((long)sequences * KvBlocks.Needed(modelLength), MostBlocks);
        var states = bytesPerState == 0 ? 0 : (int)Math.Max(LeastStates, Math.Min(sequences * StatesPerSequence, bytes / 2 / bytesPerState));
        var left = bytes - (states * bytesPerState);
        if (left < 0)
        {
            throw new RuntimeConfigurationException(string.Create(CultureInfo.InvariantCulture,
                $"{Megabytes(bytes)} MB for the caches of a replica do not hold {LeastStates} states of {Megabytes(bytesPerState)} MB each, the fewest that this model is served with: give more memory (furiosa.kv-cache.memory) or use fewer replicas (-dp)."));
        }
        // Without keys and values a block takes nothing: it counts positions.
        if (bytesPerBlock == 0) return new((int)Math.Min(wanted, Math.Max(MostEmptyBlocks, KvBlocks.Needed(modelLength))), states);
        return new((int)Math.Min(options.KvCacheBytes is null ? wanted : MostBlocks, left / bytesPerBlock), states);
    }

    /// <summary>How many states there are and what each takes, to go on a line about blocks; empty where there are none.</summary>
    public static string ShowStates(CacheSize cache, long bytesPerState) => cache.States == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" and {cache.States} states of {Megabytes(bytesPerState)} MB");

    private static string Megabytes(long bytes) => (bytes / 1048576.0).ToString("0.#", CultureInfo.InvariantCulture);
}
