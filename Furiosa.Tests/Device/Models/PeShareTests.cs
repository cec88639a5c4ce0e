using FsCheck;
using FsCheck.Fluent;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Properties of the split of a layer over PEs, for any sizes.</summary>
[TestFixture]
internal sealed class PeShareTests
{
    private static readonly ModelConfig Template = ModelConfig.Read(Furiosa.Device.Loading.ModelDirectory.Open(TestPaths.DemoModel));

    [Test]
    public void Of_AnySizes_CoversEverythingOnceInOrder([Values(1, 2, 4, 8)] int tensorParallel) => ForAnySizes(config =>
    {
        var shares = PeShare.Of(config, tensorParallel, Enumerable.Range(0, tensorParallel));
        return Covers(shares, share => (share.FirstHead, share.HeadCount), config.HeadCount)
            && Covers(shares, share => (share.FirstFfn, share.FfnCount), config.IntermediateSize)
            && Covers(shares, share => (share.FirstVocab, share.VocabCount), config.VocabSize)
            && shares.Sum(share => share.OwnedKvHeadCount) == config.KvHeadCount
            && shares.All(share => share.HeadCount > 0 == share.KvHeadCount > 0);
    });

    [Test]
    public void Of_HalfTheGroup_OwnsWhatItsHeadsRead([Values(2, 4, 8)] int tensorParallel) => ForAnySizes(config =>
    {
        var shares = PeShare.Of(config, tensorParallel, Enumerable.Range(tensorParallel / 2, tensorParallel / 2));
        var owned = shares.SelectMany(share => Enumerable.Range(share.FirstOwnedKvHead, share.OwnedKvHeadCount)).ToArray();
        var read = shares.SelectMany(share => Enumerable.Range(share.FirstKvHead, share.KvHeadCount)).Distinct();
        return owned.SequenceEqual(read);
    });

    [Test]
    public void Borders_AnyParallelism_AreTheSameEightChunks([Values(1, 2, 4, 8)] int tensorParallel) => ForAnySizes(config =>
    {
        int size = config.IntermediateSize, first = 0;
        var borders = new List<int> { 0 };
        for (int rank = 0; rank < tensorParallel; rank++)
        {
            int[] own = ChunkPartition.Borders(size, 32, tensorParallel, rank);
            borders.AddRange(own[1..].Select(border => first + border));
            first += own[^1];
        }

        return borders.SequenceEqual(ChunkPartition.Borders(size, 32, 1, 0)) && first == size;
    });

    /// <summary>So that whoever makes a panel of a feed-forward width can quantise it.</summary>
    [Test]
    public void Borders_AnyWidthOfAFeedForwardBlock_CutItAtWholePanels([Values(1, 2, 4, 8)] int tensorParallel)
    {
        foreach (int width in Enumerable.Range(1, 3000).Append(1 << 20).Append((1 << 20) - 1))
        {
            var layouts = Enumerable.Range(0, tensorParallel).Select(rank => new GroupLayout(ChunkPartition.Borders(width, ChunkPartition.UnitWidth, tensorParallel, rank)));
            Assert.That(layouts.All(layout => layout.IsEven), $"{width}");
        }
    }

    private static bool Covers(PeShare[] shares, Func<PeShare, (int First, int Count)> part, int size)
    {
        int next = 0;
        foreach (var (first, count) in shares.Select(part))
        {
            if (first != next || count < 0) return false;
            next += count;
        }

        return next == size;
    }

    private static void ForAnySizes(Func<ModelConfig, bool> holds)
    {
        var sizes = from kv in Gen.Choose(1, 12) from perKv in Gen.Choose(1, 9) from ffn in Gen.Choose(1, 2000) from vocab in Gen.Choose(1, 3000)
                    select Template with { KvHeadCount = kv, HeadCount = kv * perKv, IntermediateSize = ffn, VocabSize = vocab };
        Prop.ForAll(Arb.From(sizes), holds).QuickCheckThrowOnFailure();
    }
}
