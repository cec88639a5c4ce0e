using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Execution;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>A node reads and holds what its own shards are made of, and no more.</summary>
[TestFixture]
internal sealed class ShardLoadingTests
{
    [Test]
    public void CreateStage_OneOfTwo_ReadsItsLayersOnly([Values(0, 1)] int stage)
    {
        using var host = Open();
        using var group = host.CreateStage(Placement(stage, 2, [0, 1, 2, 3]), 16);

        var names = host.TensorsRead.ToList();

        var layers = names.Where(name => name.StartsWith("model.layers.", StringComparison.Ordinal)).Select(name => int.Parse(name.Split('.')[2])).ToHashSet();
        Assert.That(layers, Is.EquivalentTo(Enumerable.Range(4 * stage, 4)));
        Assert.That(names.Count(name => name.StartsWith("model.layers.4.", StringComparison.Ordinal)), Is.EqualTo(9 * stage), "a layer's tensors are all read");
        Assert.That(names.Where(name => !name.StartsWith("model.layers.", StringComparison.Ordinal)),
            stage == 0 ? Is.Empty : Is.EquivalentTo((string[])["model.norm.weight", "model.embed_tokens.weight"]), "the head, which is tied, is the last stage's");
    }

    [Test]
    public void CreateStage_HalfOfAGroup_HoldsHalfOfItsWeightsAndCache()
    {
        using var host = Open();
        using var whole = host.CreateStage(Placement(0, 2, [0, 1, 2, 3]), 16);
        var meeting = new MemoryLink.Meeting(4, 2);
        using var lowHost = Open();
        using var low = lowHost.CreateStage(Placement(0, 2, [0, 1]) with { Link = new MemoryLink(meeting, [0, 1]) }, 16);
        using var highHost = Open();
        using var high = highHost.CreateStage(Placement(0, 2, [2, 3]) with { Link = new MemoryLink(meeting, [2, 3]) }, 16);

        static (long Weights, long Kv) Sum(IStageGroup group) => (group.Pes.Sum(pe => pe.Footprint.WeightBytes), group.Pes.Sum(pe => pe.Footprint.KvBytes));

        Assert.That(Sum(low), Is.EqualTo((Sum(whole).Weights / 2, Sum(whole).Kv / 2)));
        Assert.That(Sum(high), Is.EqualTo(Sum(low)));
    }

    [TestCase(1, 8)]
    [TestCase(3, 4)]
    [TestCase(8, 1)]
    public void StageSize_OfEveryPart_IsWhatThePartHolds(int stages, int tensorParallel)
    {
        const int Blocks = 16;
        using var host = Open();
        int[][] parts = tensorParallel == 1 ? [[0]] : [[0], [.. Enumerable.Range(1, tensorParallel - 1)]];
        var share = 0.0;
        for (var stage = 0; stage < stages; stage++)
        {
            foreach (var ranks in parts)
            {
                var meeting = new MemoryLink.Meeting(tensorParallel, 2);
                var pes = Enumerable.Range(0, tensorParallel).Select(pe => new PeId(0, pe)).ToArray();
                using var group = host.CreateStage(new StagePlacement(0, stage, stages, pes, ranks, new MemoryLink(meeting, ranks)), Blocks);
                var size = StageSize.Of(host.Config, stage, stages, tensorParallel, ranks);

                Assert.That(group.Pes.Sum(pe => pe.Footprint.KvBytes), Is.EqualTo(size.KvBytesPerBlock * Blocks));
                Assert.That(group.Pes.Select(pe => (pe.Footprint.FirstLayer, pe.Footprint.LayerCount)), Is.All.EqualTo((size.FirstLayer, size.LayerCount)));
                share += size.WeightShare;
            }
        }
        Assert.That(share, Is.EqualTo(1).Within(1e-9));
    }

    private static ModelHost Open() => ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, ComputeThreads = 1 });

    private static StagePlacement Placement(int stage, int stages, int[] ranks) =>
        new(0, stage, stages, [.. Enumerable.Range(0, 4).Select(pe => new PeId(0, pe))], ranks);
}
