using System.Globalization;
using Furiosa.Actors.Scheduling;

namespace Furiosa.Actors.Hosting;

/// <summary>How many KV blocks each replica gets, and the longest sequence that fits them.</summary>
/// <param name="BlockCount">Blocks of each replica.</param>
/// <param name="MaxModelLen">Longest sequence in tokens.</param>
/// <param name="Notice">A line for the admin, or null.</param>
internal sealed record MemoryPlan(int BlockCount, int MaxModelLen, string? Notice)
{
    /// <summary>Sequences of full length that the automatic plan makes room for.</summary>
    public const int WantedSequences = 64;

    /// <summary>Slots and block tables are indexed with 32 bits.</summary>
    public const int MostBlocks = 1 << 26;

    /// <summary>Plans the caches of all replicas.</summary>
    /// <param name="options">What the admin asked for.</param>
    /// <param name="modelLength">Longest sequence that the model was made for (or that was asked for).</param>
    /// <param name="bytesPerBlock">Bytes of one block over all layers of a replica.</param>
    /// <param name="replicas">Number of replicas.</param>
    /// <param name="availableBytes">Bytes left for caches once the weights are in place.</param>
    public static MemoryPlan Make(RuntimeOptions options, int modelLength, long bytesPerBlock, int replicas, long availableBytes)
    {
        var sequences = Math.Min(options.MaxConcurrency ?? SchedulerOptions.DefaultMaxConcurrency, WantedSequences);
        var wanted = options.KvCacheBytes is null ? (long)sequences * KvBlocks.Needed(modelLength) : MostBlocks;
        var bytes = options.KvCacheBytes ?? availableBytes / 2;
        var blocks = Math.Min(Math.Min(wanted, MostBlocks), bytes / replicas / bytesPerBlock);
        if (blocks < 1)
        {
            throw new RuntimeConfigurationException(string.Create(CultureInfo.InvariantCulture,
                $"{Megabytes(bytes)} MB for the KV caches of {replicas} replicas does not hold a block of {Megabytes(bytesPerBlock)} MB each: give more memory or use fewer replicas (-dp)."));
        }
        var held = blocks * KvBlocks.Size;
        if (held >= modelLength) return new((int)blocks, modelLength, null);
        if (options.MaxModelLen is not null)
        {
            throw new RuntimeConfigurationException(string.Create(CultureInfo.InvariantCulture,
                $"A sequence of --max-model-len {modelLength} tokens does not fit the KV cache, which holds {held}: lower --max-model-len to {held} or give more memory."));
        }
        return new((int)blocks, (int)held, string.Create(CultureInfo.InvariantCulture,
            $"INFO: the longest sequence is lowered from {modelLength} to {held} tokens, which is what {Megabytes(bytes)} MB of KV cache hold."));
    }

    private static string Megabytes(long bytes) => (bytes / 1048576.0).ToString("0.#", CultureInfo.InvariantCulture);
}
