using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Kv;

/// <summary>
/// One PE's keys and values: blocks of sixteen positions, each with what every layer and every KV head of the PE keeps of them, laid out as
/// <see cref="AttentionShape"/> says. The system commits the memory as blocks are first written, in huge pages where it has them: what a block takes lies
/// together, so that a cache that is hardly used stays small all the same.
/// </summary>
internal sealed unsafe class KvCache : IDisposable
{
    private const long OddUnit = 1024;

    private readonly HugePages _memory = new();
    private readonly byte* _blocks;
    private readonly int _heads;
    private readonly long _headBytes;

    /// <param name="layers">Layers of the stage.</param>
    /// <param name="heads">KV heads that the PE owns.</param>
    /// <param name="blockCount">Blocks.</param>
    /// <param name="shape">What one of its heads keeps.</param>
    public KvCache(int layers, int heads, int blockCount, AttentionShape shape)
    {
        (_heads, _headBytes) = (heads, shape.BlockBytes);

        // An odd number of KiB: a head's blocks would otherwise fall into the same few sets of the processor's caches.
        BlockStride = (nint)(((layers * (heads * _headBytes) + OddUnit - 1) / OddUnit | 1) * OddUnit);
        Bytes = checked((long)blockCount * layers * heads * _headBytes);
        _blocks = _memory.Take(checked(blockCount * (long)BlockStride));
    }

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes { get; }

    /// <summary>Bytes from one block to the next.</summary>
    public nint BlockStride { get; }

    /// <summary>The first block's part of one layer and owned head; other blocks' are <see cref="BlockStride"/> apart.</summary>
    public byte* Blocks(int layer, int head) => _blocks + ((long)layer * _heads + head) * _headBytes;

    /// <summary>Copies a block on every layer and head.</summary>
    public void Copy(BlockCopy copy)
    {
        if (copy.Source == copy.Destination) return;
        Buffer.MemoryCopy(_blocks + copy.Source * BlockStride, _blocks + copy.Destination * BlockStride, BlockStride, BlockStride);
    }

    public void Dispose() => _memory.Dispose();
}
