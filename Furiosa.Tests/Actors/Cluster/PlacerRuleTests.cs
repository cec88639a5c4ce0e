using Furiosa.Actors.Cluster;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class PlacerRuleTests
{
    // Nodes by age; the one that asks is d.
    [TestCase("d", "d", "", true, true, TestName = "Alone")]
    [TestCase("d", "", "", true, false, TestName = "AloneAndNotKnownToItself")]
    [TestCase("da", "da", "", true, true, TestName = "TheOldest")]
    [TestCase("ad", "ad", "", false, false, TestName = "AnOlderIsHeard")]
    [TestCase("ad", "d", "", true, false, TestName = "NewAndTheOlderHasNotToldYet")]
    [TestCase("ad", "d", "a", true, true, TestName = "NewAndTheOlderIsLost")]
    [TestCase("abd", "d", "a", true, false, TestName = "NewAndOneOfTheOlderIsLost")]
    [TestCase("ad", "d", "", false, true, TestName = "OldAndTheOlderHasNeverTold")]
    [TestCase("ab", "ab", "", false, false, TestName = "NoMember")]
    public void IsPlacer(string byAge, string heard, string away, bool isNew, bool expected) =>
        Assert.That(PlacerRule.IsPlacer('d', byAge, node => heard.Contains(node), node => away.Contains(node), isNew), Is.EqualTo(expected));
}
