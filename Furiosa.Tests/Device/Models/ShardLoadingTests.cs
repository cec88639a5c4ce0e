using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
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
        using var group = host.CreateStage(Placement(stage, 2, [0, 1, 2, 3]), new(16));

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
        using var whole = host.CreateStage(Placement(0, 2, [0, 1, 2, 3]), new(16));
        var meeting = new MemoryLink.Meeting(4, 2);
        using var lowHost = Open();
        using var low = lowHost.CreateStage(Placement(0, 2, [0, 1]) with { Link = new MemoryLink(meeting, [0, 1]) }, new(16));
        using var highHost = Open();
        using var high = highHost.CreateStage(Placement(0, 2, [2, 3]) with { Link = new MemoryLink(meeting, [2, 3]) }, new(16));

        static (long Weights, long Kv) Sum(IStageGroup group) => (group.Pes.Sum(pe => pe.Footprint.WeightBytes), group.Pes.Sum(pe => pe.Footprint.KvBytes));

        Assert.That(Sum(low), Is.EqualTo((Sum(whole).Weights / 2, Sum(whole).Kv / 2)));
        Assert.That(Sum(high), Is.EqualTo(Sum(low)));
    }

    [Test]
    public void CreateStage_AWholeGroup_HasThePartsOfSplitProductsSideBySide()
    {
        using var host = Open();
        using var group = (StageGroup)host.CreateStage(Placement(0, 1, [0, 1, 2, 3]), new(16));
        var pes = group.Context.Stage.Pes;
        using var alone = Open();
        using var half = (StageGroup)alone.CreateStage(Placement(0, 1, [0, 1]) with { Link = new MemoryLink(new(4, 2), [0, 1]) }, new(16));

        for (int layer = 0; layer < group.Context.Stage.LayerCount; layer++)
        {
            Assert.That(pes.Select(pe => pe.Layers[layer].Output!.Whole).Distinct().Single(), Is.Not.Null, $"output of layer {layer}");
            Assert.That(pes.Select(pe => pe.Layers[layer].Mlp!.Down.Whole).Distinct().Single(), Is.Not.Null, $"down of layer {layer}");
            Assert.That(half.Context.Stage.Pes.Select(pe => pe.Layers[layer].Output!.Whole), Is.All.Null, "half a group multiplies part by part");
        }
    }

    private static ModelHost Open() => ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, ComputeThreads = 1 });

    private static StagePlacement Placement(int stage, int stages, int[] ranks) =>
        new(0, stage, stages, [.. Enumerable.Range(0, 4).Select(pe => new PeId(0, pe))], ranks);
}
