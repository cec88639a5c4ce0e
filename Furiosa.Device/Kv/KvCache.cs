using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Kv;

/// <summary>
/// One PE's keys and values: for each layer and KV head it owns, a pool of blocks of sixteen positions, laid out as
/// <see cref="AttentionShape"/> says. The system commits the memory as blocks are first written.
/// </summary>
internal sealed unsafe class KvCache : IDisposable
{
    private readonly NativeBuffer _memory;
    private readonly int _heads;
    private readonly int _layers;
    private readonly long _poolBytes;
    private readonly long _blockBytes;

    public KvCache(int layers, int heads, int blockCount, AttentionShape shape)
    {
        (_layers, _heads, _blockBytes) = (layers, heads, shape.BlockBytes);
        _poolBytes = blockCount * _blockBytes;
        _memory = new NativeBuffer(checked(layers * heads * _poolBytes));
    }

    public long Bytes => _memory.Bytes;

    /// <summary>The pool of one layer and owned head.</summary>
    public byte* Blocks(int layer, int head) => _memory.Pointer + ((long)layer * _heads + head) * _poolBytes;

    /// <summary>Copies a block on every layer and head.</summary>
    public void Copy(BlockCopy copy)
    {
        if (copy.Source == copy.Destination) return;
        for (int i = 0; i < _layers * _heads; i++)
        {
            byte* pool = Blocks(0, i);
            Buffer.MemoryCopy(pool + copy.Source * _blockBytes, pool + copy.Destination * _blockBytes, _blockBytes, _blockBytes);
        }
    }

    public void Dispose() => _memory.Dispose();
}
