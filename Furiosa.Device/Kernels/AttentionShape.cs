using Furiosa.Device.Kv;

namespace Furiosa.Device.Kernels;

/// <summary>The sizes of attention over one KV head's blocks.</summary>
/// <param name="HeadDim">Elements of a head.</param>
/// <param name="ValueStride">Elements from one position's values to the next: <see cref="ValueDim"/> rounded up to sixteen.</param>
/// <param name="Window">How many positions a query sees, its own included.</param>
/// <param name="Scale">Multiplies the scores.</param>
/// <param name="SoftCap">Where above zero, a score s becomes <c>cap * tanh(s / cap)</c>.</param>
/// <param name="Dtype">What elements of the cache are.</param>
internal readonly record struct AttentionShape(
    int HeadDim, int ValueStride, int Window, float Scale, float SoftCap = 0, KvCacheDtype Dtype = KvCacheDtype.Float32)
{
    /// <summary>Elements of a value: as many as of a key unless set.</summary>
    public int ValueDim
    {
        get => field == 0 ? HeadDim : field;
        init;
    }

    /// <summary>Where above zero, a query sees only the run of so many positions that it stands in.</summary>
    public int Chunk { get; init; }

    /// <summary>Positions in a block.</summary>
    public const int BlockPositions = 16;

    /// <summary>Positions in a block of biases, whole blocks of the cache.</summary>
    public const int BiasPositions = 256;

    /// <summary>Queries that share each load of keys and values.</summary>
    public const int SharedQueries = 4;

    /// <summary>Queries that one call takes at most.</summary>
    public const int MaxQueries = 4 * SharedQueries;

    /// <summary>
    /// Bytes of one block of one KV head: keys [HeadDim][16], then values [16][ValueStride] and, where the type is scaled, the floats of
    /// <see cref="ScaleOffset"/>.
    /// </summary>
    public long BlockBytes => ScaleOffset + (Dtype == KvCacheDtype.Int8 ? 2 * BlockPositions * sizeof(float) : 0);

    /// <summary>Bytes from one block of a KV head to the next: <see cref="BlockBytes"/> unless set.</summary>
    public nint BlockStride
    {
        get => field == 0 ? (nint)BlockBytes : field;
        init;
    }

    /// <summary>Where a block has its scales: one for each position's key, then one for each position's value.</summary>
    public long ScaleOffset => (long)BlockPositions * (HeadDim + ValueStride) * Dtype.ElementBytes();

    /// <summary>The first position that a query sees.</summary>
    public int First(int position)
    {
        int first = position < Window ? 0 : position - Window + 1;
        return Chunk > 0 ? Math.Max(first, position / Chunk * Chunk) : first;
    }

    /// <summary>Floats of scratch that a call needs when no query stands beyond <paramref name="positions"/>.</summary>
    public long ScratchFloats(int positions) => MaxQueries * ((long)positions + 2 * BlockPositions + ValueStride);
}
