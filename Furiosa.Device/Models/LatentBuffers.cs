using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Rows on their way through latent attention; layer after layer uses it again.</summary>
internal sealed unsafe class LatentBuffers : IDisposable
{
    private NativeBuffer? _memory;

    public LatentBuffers(StageModel stage)
    {
        var (latent, layer) = (stage.Config.Latent!, stage.Pes[0].Layers[0]);
        VectorStride = ForwardBuffers.Stride(stage.Shared[0].Latent!.PaddedColumns);
        KeyValuesStride = ForwardBuffers.Stride(stage.Pes.Sum(pe => pe.Layers[0].KeyValues!.PaddedColumns));
        (QueryRank, KeyRank) = (latent.QueryRank, latent.KeyRank);
        QueryInput = new LinearInput(latent.QueryRank == 0 ? null : layer.Qkv!.Layout);
        KeyInput = new LinearInput(layer.KeyValues!.Layout);
    }

    /// <summary>Elements of the vector that queries are made from.</summary>
    public int QueryRank { get; }

    /// <summary>Elements of the vector that keys and values are made from.</summary>
    public int KeyRank { get; }

    /// <summary>Floats from one row's vectors to the next.</summary>
    public int VectorStride { get; }

    /// <summary>Floats from one row of <see cref="KeyValues"/> to the next.</summary>
    public int KeyValuesStride { get; }

    /// <summary>Of each row the vector for queries, the one for keys and values, and the keys' rotated part.</summary>
    public float* Vectors { get; private set; }

    /// <summary>Of each row, KV head by KV head, the part of the key that is not rotated and the value, PE after PE.</summary>
    public float* KeyValues { get; private set; }

    /// <summary>The vector for queries as products read it.</summary>
    public LinearInput QueryInput { get; }

    /// <summary>The vector for keys and values as products read it.</summary>
    public LinearInput KeyInput { get; }

    /// <summary>Makes room for a number of rows.</summary>
    public void MakeRows(int rows)
    {
        _memory?.Dispose();
        _memory = null;
        long vectors = (long)rows * VectorStride * sizeof(float), keyValues = (long)rows * KeyValuesStride * sizeof(float);
        long queries = (long)rows * QueryInput.QuantizedStride, keys = (long)rows * KeyInput.QuantizedStride;
        _memory = new NativeBuffer(vectors + keyValues + queries + keys);
        Vectors = _memory.Floats;
        byte* next = (byte*)Vectors + vectors;
        KeyValues = (float*)next;
        next += keyValues;
        QueryInput.Place(Vectors, VectorStride, QueryInput.Layout is null ? null : next);
        KeyInput.Place(Vectors + QueryRank, VectorStride, KeyInput.Layout is null ? null : next + queries);
    }

    public void Dispose() => _memory?.Dispose();
}
