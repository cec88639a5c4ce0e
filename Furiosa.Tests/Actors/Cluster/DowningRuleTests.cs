using Furiosa.Actors.Cluster;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class DowningRuleTests
{
    [TestCase("g", "d d d", "d d d", Description = "every device node dies")]
    [TestCase("g d", "d d", "d d", Description = "a gateway keeps what it reaches")]
    [TestCase("d d d", "g", "", Description = "the only gateway dies: devices wait")]
    [TestCase("d", "g d d", "d d", Description = "a device node cut off from all")]
    [TestCase("g d", "g d", "g d", Description = "both sides go on")]
    public void ToDown_Split_RemovesWhomTheSideCanDoWithout(string reachable, string unreachable, string expected) =>
        Assert.That(string.Join(' ', DowningRule.ToDown(reachable.Split(' '), unreachable.Split(' '), node => node == "g")), Is.EqualTo(expected));
}
