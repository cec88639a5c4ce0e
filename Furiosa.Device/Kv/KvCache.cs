using System.Runtime.CompilerServices;
using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Kv;

/// <summary>
/// One PE's keys and values: for each layer and KV head it owns, a pool of blocks of sixteen positions, each keys [HeadDim][16]
/// and then values [16][HeadDim rounded up to 16]. The system commits the memory as blocks are first written.
/// </summary>
internal sealed unsafe class KvCache : IDisposable
{
    private readonly NativeBuffer _memory;
    private readonly int _heads;
    private readonly int _blockCount;
    private readonly int _blockFloats;
    private readonly int _layers;

    public KvCache(int layers, int heads, int blockCount, AttentionShape shape)
    {
        (_layers, _heads, _blockCount, _blockFloats) = (layers, heads, blockCount, shape.BlockFloats);
        _memory = new NativeBuffer(checked((long)layers * heads * blockCount * _blockFloats * sizeof(float)));
    }

    public long Bytes => _memory.Bytes;

    /// <summary>The pool of one layer and owned head.</summary>
    public float* Blocks(int layer, int head) => _memory.Floats + ((long)layer * _heads + head) * _blockCount * _blockFloats;

    /// <summary>Stores one position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(float* blocks, in AttentionShape shape, int block, int slot, float* key, float* value)
    {
        float* keys = blocks + (long)block * shape.BlockFloats + slot;
        for (int d = 0; d < shape.HeadDim; d++) keys[d * AttentionShape.BlockPositions] = key[d];
        float* values = blocks + (long)block * shape.BlockFloats + AttentionShape.BlockPositions * shape.HeadDim + slot * shape.ValueStride;
        Buffer.MemoryCopy(value, values, shape.HeadDim * sizeof(float), shape.HeadDim * sizeof(float));
    }

    /// <summary>Copies a block on every layer and head.</summary>
    public void Copy(BlockCopy copy)
    {
        if (copy.Source == copy.Destination) return;
        long bytes = (long)_blockFloats * sizeof(float);
        for (int i = 0; i < _layers * _heads; i++)
        {
            float* pool = _memory.Floats + (long)i * _blockCount * _blockFloats;
            Buffer.MemoryCopy(pool + (long)copy.Source * _blockFloats, pool + (long)copy.Destination * _blockFloats, bytes, bytes);
        }
    }

    public void Dispose() => _memory.Dispose();
}
