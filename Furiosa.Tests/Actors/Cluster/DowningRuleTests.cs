using Furiosa.Actors.Cluster;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class DowningRuleTests
{
    // g and d: gateways and device nodes; the first one decides, and hears whatever is marked with +.
    [TestCase("g", "d d d", "d d d", Description = "every device node dies")]
    [TestCase("g d", "d d", "d d", Description = "a gateway keeps what it reaches")]
    [TestCase("d g", "d d", "", Description = "a device node leaves it to its gateway")]
    [TestCase("d d d", "g", "", Description = "the only gateway dies: devices wait")]
    [TestCase("d", "g d d", "d d", Description = "a device node cut off from all")]
    [TestCase("g d", "g d", "g d", Description = "both sides go on")]
    [TestCase("g", "d+ d+", "", Description = "a cut between two device nodes that the gateway hears")]
    [TestCase("g d", "g+ d+ d", "d", Description = "one that died, and those that only it did not reach")]
    [TestCase("d", "g d+", "", Description = "the gateway does not reach another device node, which is heard here")]
    public void ToDown_Split_RemovesWhomTheSideCanDoWithout(string reachable, string unreachable, string expected)
    {
        var side = reachable.Split(' ');
        Assert.That(
            string.Join(' ', DowningRule.ToDown(side[0], side, unreachable.Split(' '), node => node[0] == 'g', node => node.EndsWith('+'))),
            Is.EqualTo(expected));
    }

    // The first one decides; each has a name of its own.
    [TestCase("g1 d1", "d2+ d3+", "d2+", Description = "two device nodes that do not reach each other: one gives way")]
    [TestCase("g1 d1", "g2+ d3+", "d3+", Description = "a gateway and a device node: the device")]
    [TestCase("g1 d1", "g2+", null, Description = "gateways never give way")]
    [TestCase("g1 d1", "d2 d3", null, Description = "whoever is not heard is removed for that")]
    [TestCase("d1 g1", "d2+ d3+", null, Description = "a device node leaves it to a gateway")]
    [TestCase("d1", "d2+ d3+", null, Description = "and waits for one")]
    public void ToGiveWay_NodesAtOdds_OneDeviceDoes(string reachable, string unreachable, string? expected)
    {
        var side = reachable.Split(' ');
        Assert.That(
            DowningRule.ToGiveWay(side[0], side, unreachable.Split(' '), node => node[0] == 'g', node => node.EndsWith('+')),
            Is.EqualTo(expected));
    }

    [Test]
    public void ToGiveWay_TwoGateways_TheFirstOneDecides() =>
        Assert.That(
            new[] { "g1", "g2" }.Select(self => DowningRule.ToGiveWay(self, ["d1", "g1", "g2"], ["d2", "d3"], node => node[0] == 'g', _ => true)),
            Is.EqualTo((string?[])["d2", null]));
}
