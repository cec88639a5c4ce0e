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
}
