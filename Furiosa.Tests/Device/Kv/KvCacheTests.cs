using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Tests.Device.Kv;

internal sealed unsafe class KvCacheTests
{
    private const int Blocks = 5;

    private static readonly AttentionShape Shape = new(32, 32, int.MaxValue, 1);

    [TestCase(8, 1)]
    [TestCase(3, 2)]
    [TestCase(2, 4)]
    public void Blocks_OfEveryLayerAndHead_LieApart(int layers, int heads)
    {
        using var cache = new KvCache([.. Enumerable.Repeat(new KvPart(heads, Shape.BlockBytes), layers)], Blocks);
        var starts = new SortedSet<nint>();
        for (int part = 0; part < layers * heads; part++)
        {
            for (int block = 0; block < Blocks; block++) starts.Add((nint)cache.Blocks(part / heads, part % heads) + block * cache.BlockStride);
        }

        Assert.That(starts, Has.Count.EqualTo(Blocks * layers * heads));
        Assert.That(starts.Zip(starts.Skip(1), (first, next) => next - first), Is.All.GreaterThanOrEqualTo((nint)Shape.BlockBytes));
        Assert.That(starts, Is.All.Matches<nint>(start => start % 64 == 0));
        Assert.That(cache.Bytes, Is.EqualTo(Blocks * layers * heads * Shape.BlockBytes));
        Assert.That(cache.BlockStride / 1024 % 2, Is.EqualTo((nint)1), "blocks of a head in different sets of a cache");
    }

    [Test]
    public void Copy_OfABlock_TakesAllLayersAndHeadsAndNoOtherBlock()
    {
        const int Layers = 3, Heads = 2;
        using var cache = new KvCache([.. Enumerable.Repeat(new KvPart(Heads, Shape.BlockBytes), Layers)], Blocks);
        for (int part = 0; part < Layers * Heads; part++)
        {
            for (int block = 0; block < Blocks; block++) Part(cache, part, block).Fill((byte)(10 * block + part + 1));
        }

        cache.Copy(new BlockCopy(1, 3));

        for (int part = 0; part < Layers * Heads; part++)
        {
            for (int block = 0; block < Blocks; block++)
                Assert.That(Part(cache, part, block).ToArray(), Is.All.EqualTo((byte)(10 * (block == 3 ? 1 : block) + part + 1)), $"part {part}, block {block}");
        }
    }

    [Test]
    public void New_WithoutHeads_TakesNothing()
    {
        const int most = 1 << 26;
        using var cache = new KvCache([.. Enumerable.Repeat(new KvPart(0, Shape.BlockBytes), 4)], most);

        cache.Copy(new BlockCopy(0, most - 1));
        Assert.That((cache.Bytes, cache.BlockStride), Is.EqualTo((0L, (nint)0)));
    }

    [Test]
    public void Blocks_OfLayersThatDiffer_LieApartInTheirOwnSizes()
    {
        KvPart[] layers = [new(1, 640), new(2, 4096), new(1, 0), new(3, 64)];
        using var cache = new KvCache(layers, Blocks);
        (int Layer, int Head)[] parts = [.. layers.SelectMany((part, layer) => Enumerable.Range(0, part.Heads).Select(head => (layer, head)))];
        foreach (var (layer, head) in parts)
        {
            for (int block = 0; block < Blocks; block++) Of(layer, head, block).Fill(Mark(layer, head, block));
        }

        foreach (var (layer, head) in parts)
        {
            for (int block = 0; block < Blocks; block++) Assert.That(Of(layer, head, block).ToArray(), Is.All.EqualTo(Mark(layer, head, block)), $"layer {layer}, head {head}, block {block}");
        }

        Assert.That(cache.Bytes, Is.EqualTo(Blocks * (640 + 2 * 4096 + 3 * 64)));

        Span<byte> Of(int layer, int head, int block) => new(cache.Blocks(layer, head) + block * cache.BlockStride, (int)layers[layer].HeadBytes);
        static byte Mark(int layer, int head, int block) => (byte)(block * 20 + layer * 4 + head + 1);
    }

    private static Span<byte> Part(KvCache cache, int part, int block) =>
        new(cache.Blocks(part / 2, part % 2) + block * cache.BlockStride, (int)Shape.BlockBytes);
}
