using Akka.Actor;
using Furiosa.Actors.Cluster;

namespace Furiosa.Tests.Actors.Cluster;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StrangersTests
{
    private static readonly Address Seed = new("akka.tcp", "furiosa", "seed", 1);
    private static readonly Address Other = new("akka.tcp", "furiosa", "other", 2);

    private readonly Strangers _strangers = new([Seed]);

    [Test]
    public void ToTell_SeedNode_WheneverItIsNotOfTheCluster()
    {
        Assert.That(ToTell(), Is.EqualTo((Address[])[Seed]));
        _strangers.Came(Seed);
        Assert.That(ToTell(), Is.Empty);
        _strangers.Went(Seed, wasRemoved: false, TimeSpan.Zero);
        Assert.That(ToTell(), Is.EqualTo((Address[])[Seed]));
    }

    [Test]
    public void ToTell_WhoHasLeftByItself_IsNotTold()
    {
        _strangers.Came(Seed);
        _strangers.Went(Other, wasRemoved: false, TimeSpan.Zero);

        Assert.That(ToTell(probes: true), Is.Empty);
    }

    [Test]
    public void ToTell_WhoWasRemoved_RarelyAndForAWhile()
    {
        _strangers.Came(Seed);
        _strangers.Went(Other, wasRemoved: true, TimeSpan.FromHours(1));

        Assert.That(ToTell(hours: 1), Is.Empty);
        Assert.That(ToTell(probes: true, hours: 1), Is.EqualTo((Address[])[Other]));
        Assert.That(ToTell(probes: true, hours: 2), Is.Empty);
        Assert.That(_strangers.WasRemoved(Other), Is.True);
        _strangers.Came(Other);
        Assert.That(_strangers.WasRemoved(Other), Is.False);
    }

    [Test]
    public void ToTell_SeedNodeThatWasRemoved_RarelyAndForEver()
    {
        _strangers.Went(Seed, wasRemoved: true, TimeSpan.Zero);

        Assert.That(ToTell(), Is.Empty);
        Assert.That(ToTell(probes: true, hours: 100), Is.EqualTo((Address[])[Seed]));
    }

    [Test]
    public void Went_ManyWereRemoved_TheLastAreRemembered()
    {
        _strangers.Came(Seed);
        for (var port = 1; port <= 100; port++) _strangers.Went(Other.WithPort(port), wasRemoved: true, TimeSpan.FromSeconds(port));

        Assert.That(ToTell(probes: true).Count(), Is.LessThan(100));
        Assert.That(_strangers.WasRemoved(Other.WithPort(100)), Is.True);
        Assert.That(_strangers.WasRemoved(Other.WithPort(1)), Is.False);
    }

    private IEnumerable<Address> ToTell(bool probes = false, int hours = 0) => _strangers.ToTell(probes, TimeSpan.FromHours(hours));
}
