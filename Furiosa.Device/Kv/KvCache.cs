using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Kv;

/// <summary>
/// One PE's keys and values: blocks of sixteen positions, each with what every layer and every KV head of the PE keeps of them, laid out as
/// <see cref="AttentionShape"/> says; a convolution layer keeps its channels, position by position. The system commits the memory as blocks are first written, in huge pages where it has them: what a block takes lies
/// together, so that a cache that is hardly used stays small all the same.
/// </summary>
internal sealed unsafe class KvCache : IDisposable
{
    private const long OddUnit = 1024;

    private readonly HugePages _memory = new();
    private readonly byte* _blocks;
    private readonly KvPart[] _layers;
    private readonly long[] _starts;

    /// <param name="layers">What each layer of the stage keeps in a block.</param>
    /// <param name="blockCount">Blocks.</param>
    public KvCache(KvPart[] layers, int blockCount)
    {
        _layers = layers;
        _starts = new long[layers.Length];
        long size = 0;
        for (int layer = 0; layer < layers.Length; layer++)
        {
            _starts[layer] = size;
            size += layers[layer].Bytes;
        }

        // An odd number of KiB: a head's blocks would otherwise fall into the same few sets of the processor's caches. Where no layer keeps anything a block is nothing.
        BlockStride = size == 0 ? 0 : (nint)(((size + OddUnit - 1) / OddUnit | 1) * OddUnit);
        Bytes = checked(blockCount * size);
        _blocks = _memory.Take(checked(blockCount * (long)BlockStride));
    }

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes { get; }

    /// <summary>Bytes from one block to the next.</summary>
    public nint BlockStride { get; }

    /// <summary>The first block's part of one layer and owned head; other blocks' are <see cref="BlockStride"/> apart.</summary>
    public byte* Blocks(int layer, int head) => _blocks + _starts[layer] + head * _layers[layer].HeadBytes;

    /// <summary>Copies a block on every layer and head.</summary>
    public void Copy(BlockCopy copy)
    {
        if (copy.Source == copy.Destination) return;
        Buffer.MemoryCopy(_blocks + copy.Source * BlockStride, _blocks + copy.Destination * BlockStride, BlockStride, BlockStride);
    }

    public void Dispose() => _memory.Dispose();
}
