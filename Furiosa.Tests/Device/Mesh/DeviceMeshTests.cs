using FsCheck;
using FsCheck.Fluent;
using Furiosa.Device.Mesh;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Mesh;

public sealed class DeviceMeshTests
{
    [TestCase("npu:0:*", 4, 1, null, "[npu:0:0-3] [npu:0:4-7]")]
    [TestCase("npu:0:*", 8, 1, null, "[npu:0:*]")]
    [TestCase("npu:0:*", 2, 2, 2, "[npu:0:0-1 npu:0:2-3] [npu:0:4-5 npu:0:6-7]")]
    [TestCase("npu:0:*,npu:1:*", 8, 2, null, "[npu:0:* npu:1:*]")]
    [TestCase("npu:0:*,npu:1:*", 4, 2, null, "[npu:0:0-3 npu:1:0-3] [npu:0:4-7 npu:1:4-7]")]
    [TestCase("npu:0,npu:1,npu:2,npu:3", 8, 4, 1, "[npu:0:* npu:1:* npu:2:* npu:3:*]")]
    [TestCase("npu:0,npu:1,npu:2,npu:3", 8, 2, 2, "[npu:0:* npu:1:*] [npu:2:* npu:3:*]")]
    [TestCase("npu:10:0-3,npu:2:0-3", 4, 2, null, "[npu:2:0-3 npu:10:0-3]")]
    [TestCase("npu:0:0,npu:0:1", 2, 1, null, "[npu:0:0-1]")]
    [TestCase("npu:0:0", 1, 1, null, "[npu:0:0]")]
    [TestCase("npu:0:0-3,npu:1:0-3,npu:2:*", 4, 2, 2, "[npu:0:0-3 npu:2:0-3] [npu:1:0-3 npu:2:4-7]")]
    public void Build_ValidDevices_FillsReplicaByReplica(string devices, int tp, int pp, int? dp, string expected)
    {
        var mesh = DeviceMesh.Build(DeviceSpec.Parse(devices), tp, pp, dp);

        Assert.That(Show(mesh), Is.EqualTo(expected));
        Assert.That((mesh.TensorParallel, mesh.PipelineParallel, mesh.DataParallel), Is.EqualTo((tp, pp, mesh.Replicas.Length)));
    }

    [Test]
    public void Build_SurplusPes_AreDroppedWithANotice()
    {
        var mesh = DeviceMesh.Build(DeviceSpec.Parse("npu:0:*"), 2, 1, 3);

        Assert.That(Show(mesh), Is.EqualTo("[npu:0:0-1] [npu:0:2-3] [npu:0:4-5]"));
        Assert.That(mesh.Notices, Is.EqualTo(new[] { "INFO: subsetting devices to 6 PEs." }));
    }

    [Test]
    public void Build_StagesOnOneDevice_NoteThatItBringsNoSpeed()
    {
        var mesh = DeviceMesh.Build(DeviceSpec.Parse("npu:3:*"), 4, 2, null);

        Assert.That(mesh.Notices, Has.One.Items.And.All.Contains("share npu:3").And.All.Contains("no speed"));
    }

    [TestCase("npu:0:*", 16, 1, null, "use 1, 2, 4 or 8")]
    [TestCase("npu:0:*", 24, 1, null, "use 1, 2, 4 or 8")]
    [TestCase("npu:0:*", 3, 1, null, "must be 1, 2, 4 or 8")]
    [TestCase("npu:0:*", 0, 1, null, "must be 1, 2, 4 or 8")]
    [TestCase("npu:0:*", -4, 1, null, "must be 1, 2, 4 or 8")]
    [TestCase("npu:0:*", 4, 0, null, "pipeline parallel size: 0")]
    [TestCase("npu:0:*", 4, int.MaxValue, null, "pipeline parallel size")]
    [TestCase("npu:0:*", 4, 1, 0, "data parallel size: 0")]
    [TestCase("npu:0:*", 4, 1, int.MaxValue, "data parallel size")]
    [TestCase("npu:0:*", 8, 8192, 8192, "536870912 PEs are required")]
    [TestCase("npu:0:*", 8, 2, null, "Not enough devices to run the model. 16 PEs are required (dp 1 x pp 2 x tp 8). Given devices: npu:0:* (8 PEs)")]
    [TestCase("npu:0:0-3", 4, 1, 2, "8 PEs are required")]
    [TestCase("npu:0:1,npu:0:2", 2, 1, null, "Invalid start pe index for fusion: npu:0:1")]
    [TestCase("npu:0:0,npu:0:2", 2, 1, null, "Unexpected pe index: npu:0:2 where npu:0:1 was expected")]
    [TestCase("npu:0:6,npu:1:0", 2, 1, null, "Unexpected pe index: npu:1:0")]
    [TestCase("npu:0:0-1,npu:0:4-5", 4, 1, null, "Unexpected pe index: npu:0:4")]
    public void Build_Refused_SaysWhyInOneLine(string devices, int tp, int pp, int? dp, string expected)
    {
        var error = Assert.Throws<DeviceSpecException>(() => DeviceMesh.Build(DeviceSpec.Parse(devices), tp, pp, dp));

        Assert.That(error.Message, Does.Contain(expected).And.Not.Contains("\n"));
    }

    [Test]
    public void Build_NoPes_IsRefused() =>
        Assert.That(() => DeviceMesh.Build([], 1, 1, null), Throws.TypeOf<DeviceSpecException>().With.Message.Contains("No devices are given"));

    [Test]
    public void Build_AnyPesAndDegrees_ObeysTheRulesOrRefuses() => Properties.ForAll(Cases(), test =>
    {
        PeId[] sorted = [.. test.Pes.Distinct().Order()];
        var replica = test.Tp * test.Pp;
        var dp = test.Dp ?? sorted.Length / replica;
        var required = dp * replica;
        var possible = dp > 0 && sorted.Length >= required && Fuses(sorted[..required], test.Tp);

        if (!possible)
        {
            Assert.That(() => DeviceMesh.Build(test.Pes, test.Tp, test.Pp, test.Dp), Throws.TypeOf<DeviceSpecException>());
            return;
        }

        var mesh = DeviceMesh.Build(test.Pes, test.Tp, test.Pp, test.Dp);
        var stages = mesh.Replicas.SelectMany(each => each.Stages).ToArray();
        Assert.That(mesh.Replicas.Select(each => each.Index), Is.EqualTo(Enumerable.Range(0, dp)));
        Assert.That(mesh.Replicas.Select(each => each.Stages.Length), Is.All.EqualTo(test.Pp));
        Assert.That(stages.Select(stage => Fuses([.. stage.Pes], test.Tp) && stage.Pes.Length == test.Tp), Is.All.True);
        Assert.That(stages.SelectMany(stage => stage.Pes).Order(), Is.EqualTo(sorted[..required]), "each of the first PEs once");
        Assert.That(mesh.Notices.Contains($"INFO: subsetting devices to {required} PEs."), Is.EqualTo(sorted.Length > required));

        var canIncrease = sorted[..required].GroupBy(pe => pe.Device).All(device => device.Count() / test.Tp <= dp);
        var increases = mesh.Replicas.All(each => each.Stages.Zip(each.Stages.Skip(1)).All(pair => pair.First.Device < pair.Second.Device));
        Assert.That(increases, Is.EqualTo(canIncrease), "stages lie on increasing devices wherever they can");
        Assert.That(mesh.Notices.Any(notice => notice.Contains("no speed")), Is.EqualTo(!canIncrease));
    }, 3000);

    [TestCase(null, 4, 1, null, null, 2, "npu:0:0-3")]
    [TestCase(null, 4, 1, null, null, 16, "npu:0:*")]
    [TestCase(null, 4, 1, null, null, 6, "npu:0:0-3")]
    [TestCase(null, 1, 1, null, null, 2, "npu:0:0-1")]
    [TestCase(null, 8, 2, null, null, 4, "npu:0:*,npu:1:*")]
    [TestCase(null, 2, 2, 3, null, 1, "npu:0:*,npu:1:0-3")]
    [TestCase(null, 8, 4, null, 2, 1, "npu:0:*,npu:1:*")]
    [TestCase("npu:5:0", 1, 1, null, null, 1, "npu:5:0")]
    [TestCase("cpu:1", 1, 1, null, 2, 1, "npu:1:*")]
    public void Resolve_DevicesOrNone_GivesTheAvailablePes(string? devices, int tp, int pp, int? dp, int? emulated, int cores, string expected)
    {
        var pes = DeviceDefaults.Resolve(devices, new ParallelDegrees(tp, pp, dp), emulated, cores);

        Assert.That(DeviceSpec.Format(pes), Is.EqualTo(expected));
    }

    [TestCase("npu:2:0", 4, 2, "npu:2 does not exist")]
    [TestCase(null, 4, 0, "Invalid number of devices")]
    [TestCase(null, 32, 1, "use 1, 2, 4 or 8")]
    public void Resolve_WhatIsNotThere_IsRefused(string? devices, int tp, int? emulated, string expected) => Assert.That(
        () => DeviceDefaults.Resolve(devices, new ParallelDegrees(tp, 1, null), emulated, 4), Throws.TypeOf<DeviceSpecException>().With.Message.Contains(expected));

    private sealed record Case(PeId[] Pes, int Tp, int Pp, int? Dp);

    private static Gen<Case> Cases() =>
        from tp in Gen.Elements(1, 2, 4, 8)
        from pp in Gen.Elements(1, 1, 2, 2, 3, 4)
        from dp in Gen.Elements<int?>(null, 1, 2, 3)
        from unit in Gen.Elements(tp, tp, tp, tp, 8, 1)
        from slots in Gen.Choose(0, 47).NonEmptyListOf()
        select new Case([.. slots.SelectMany(slot => Enumerable.Range(slot * unit % 48 / unit * unit, unit)).Select(pe => new PeId(pe / 8, pe % 8))], tp, pp, dp);

    private static bool Fuses(PeId[] sorted, int tp) =>
        sorted.Chunk(tp).All(group => group[0].Pe % tp == 0 && group.Select((pe, i) => pe == new PeId(group[0].Device, group[0].Pe + i)).All(same => same));

    private static string Show(DeviceMesh mesh) =>
        string.Join(" ", mesh.Replicas.Select(replica => $"[{string.Join(" ", replica.Stages.Select(stage => DeviceSpec.Format(stage.Pes)))}]"));
}
