using Furiosa.Actors.Cluster;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class EncountersTests
{
    private static readonly ClusterMark Own = new([1, 2], "b");

    [TestCase("1 9", ExpectedResult = false, Description = "it counts this node")]
    [TestCase("", ExpectedResult = false, Description = "it is in no cluster")]
    [TestCase("9", ExpectedResult = false, Description = "its cluster is smaller")]
    [TestCase("7 8 9", ExpectedResult = true, Description = "its cluster is larger")]
    public bool GivesWay_StrangerHeardForLong(string members) => HeardForLong(new Encounters(1), Mark(members, "z"), Own);

    [TestCase("a", ExpectedResult = true)]
    [TestCase("c", ExpectedResult = false)]
    public bool GivesWay_ClusterAsLarge_OneThatBothCanName(string oldest) => HeardForLong(new Encounters(1), Mark("8 9", oldest), Own);

    [Test]
    public void GivesWay_StrangerJustHeard_WaitsForTheClusterToTellOfIt() =>
        Assert.That(new Encounters(1).GivesWay("x", 9, Mark("7 8 9", "z"), Own, TimeSpan.Zero), Is.False);

    [Test]
    public void GivesWay_MemberThatCountsThisNodeNoMore_AtOnce()
    {
        var encounters = new Encounters(1);
        Assert.That(encounters.GivesWay("x", 2, Mark("1 2", "b"), Own, TimeSpan.Zero), Is.False);
        Assert.That(encounters.GivesWay("x", 2, Mark("2", "x"), Own, TimeSpan.Zero), Is.True);
    }

    [Test]
    public void GivesWay_MemberThatHasNotCountedThisNodeYet_OnlyWhenItLasts()
    {
        var encounters = new Encounters(1);
        Assert.That(encounters.GivesWay("x", 2, Mark("2", "x"), Own, TimeSpan.Zero), Is.False);
        Assert.That(encounters.GivesWay("x", 2, Mark("2", "x"), Own, TimeSpan.FromSeconds(3)), Is.False);
        Assert.That(encounters.GivesWay("x", 2, Mark("2", "x"), Own, TimeSpan.FromSeconds(6)), Is.True);
    }

    [Test]
    public void GivesWay_StrangerHeardNowAndThen_IsNoLastingMeeting()
    {
        var encounters = new Encounters(1);
        for (var minute = 0; minute < 5; minute++) Assert.That(encounters.GivesWay("x", 9, Mark("7 8 9", "z"), Own, TimeSpan.FromMinutes(minute)), Is.False);
    }

    private static bool HeardForLong(Encounters encounters, ClusterMark theirs, ClusterMark own)
    {
        for (var second = 0; second < 5; second++) Assert.That(encounters.GivesWay("x", 9, theirs, own, TimeSpan.FromSeconds(second)), Is.False);
        return encounters.GivesWay("x", 9, theirs, own, TimeSpan.FromSeconds(5));
    }

    private static ClusterMark Mark(string members, string oldest) => new([.. members.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)], oldest);
}
