namespace Furiosa.Device.Kv;

/// <summary>How the KV cache keeps keys and values. Attention reads them as kept, those of its own chunk too. What short convolutions keep beside them stays float.</summary>
public enum KvCacheDtype
{
    /// <summary>As computed.</summary>
    Float32,

    /// <summary>Rounded to bfloat16, ties to even: half the bytes.</summary>
    Bfloat16,

    /// <summary>
    /// A byte each, symmetric, with a float scale for each position and head, for keys and for values: the largest magnitude over 127.
    /// About a quarter of the bytes.
    /// </summary>
    Int8,
}

/// <summary>Names of <see cref="KvCacheDtype"/>.</summary>
public static class KvCacheDtypes
{
    /// <summary>Reads <c>auto</c> (which is <c>float32</c>), <c>float32</c>, <c>bfloat16</c> or <c>int8</c>.</summary>
    /// <param name="name">The word.</param>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static KvCacheDtype Parse(string name) => name switch
    {
        "auto" or "float32" => KvCacheDtype.Float32,
        "bfloat16" => KvCacheDtype.Bfloat16,
        "int8" => KvCacheDtype.Int8,
        _ => throw new ArgumentException($"kv-cache-dtype '{name}' is not known: use auto, float32, bfloat16 or int8."),
    };

    /// <summary>Bytes of one element.</summary>
    internal static int ElementBytes(this KvCacheDtype dtype) => dtype switch
    {
        KvCacheDtype.Float32 => sizeof(float),
        KvCacheDtype.Bfloat16 => sizeof(ushort),
        _ => sizeof(sbyte),
    };
}
