using System.Collections.Immutable;
using Furiosa.Actors.Routing;

namespace Furiosa.Tests.Actors.Routing;

internal sealed class ReplicaRouterTests
{
    private static readonly TimeSpan Old = TimeSpan.FromHours(1);

    [Test]
    public void Pick_RoundRobin_TakesTurns()
    {
        var router = ReplicaRouters.Make("round_robin", "balanced");

        Assert.That(Enumerable.Range(0, 5).Select(_ => router.Pick(Prompt(1), Loads(9, 0, 0))), Is.EqualTo(new[] { 0, 1, 2, 0, 1 }));
    }

    [TestCase("scoring", "balanced")]
    [TestCase("scoring", "locality")]
    [TestCase("scoring", "load")]
    [TestCase("prefix-aware", "balanced")]
    public void Pick_NothingKnown_IsTheLeastBusy(string policy, string profile)
    {
        var router = ReplicaRouters.Make(policy, profile);

        Assert.That(router.Pick(Prompt(1), Loads(3, 1, 2)), Is.EqualTo(1));
        Assert.That(router.Pick(Prompt(2), Loads(1, 1, 1)), Is.EqualTo(0));
    }

    [TestCase("scoring", "balanced", 1, 0)]
    [TestCase("scoring", "locality", 9, 0)]
    [TestCase("scoring", "load", 9, 1)]
    [TestCase("prefix-aware", "balanced", 9, 0)]
    [TestCase("prefix-aware", "balanced", 200, 1)]
    public void Pick_PrefixKnown_CountsAsTheProfileSays(string policy, string profile, int load, int expected)
    {
        var router = ReplicaRouters.Make(policy, profile);
        router.Pick(Prompt(1), Loads(0, 5));

        Assert.That(router.Pick(Prompt(1), Loads(load, load / 10)), Is.EqualTo(expected));
    }

    [Test]
    public void Pick_ReplicaForgotten_ItsPrefixesAreToo()
    {
        var router = ReplicaRouters.Make("scoring", "locality");
        router.Pick(Prompt(1), Loads(0, 5));
        router.Forget(0);

        Assert.That(router.Pick(Prompt(1), Loads(3, 1)), Is.EqualTo(1));
    }

    /// <summary>A replica that has just come is not sent everything.</summary>
    [Test]
    public void Pick_FreshReplica_GetsNoHerd()
    {
        var router = ReplicaRouters.Make("scoring", "load");
        int[] loads = [40, 41, 0];
        for (var i = 0; i < 30; i++) loads[router.Pick(Prompt(i), [.. loads.Select((load, key) => new RouteCandidate(key, load, key == 2 ? TimeSpan.Zero : Old))])]++;

        Assert.That(loads[2], Is.InRange(5, 25));
    }

    /// <summary>However requests fall, no replica has more than its share by much when load counts most.</summary>
    [Test]
    public void Pick_ManyRequestsThatEnd_LoadsStayTogether()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var router = ReplicaRouters.Make("scoring", "load");
            var loads = new int[random.Next(2, 6)];
            for (var i = 0; i < 300; i++)
            {
                loads[router.Pick(Prompt(random.Next(5)), Loads(loads))]++;
                if (random.Next(3) == 0) loads[Array.IndexOf(loads, loads.Max())]--;
                Assert.That(loads.Max() - loads.Min(), Is.LessThanOrEqualTo(Math.Max(2, loads.Max() / 4)), $"seed {seed}: {string.Join(' ', loads)}");
            }
        }
    }

    [Test]
    public void Match_PrefixMemory_CountsLeadingBlocksAndForgetsTheOldest()
    {
        var memory = new PrefixMemory(8);
        var first = PrefixMemory.Hash(Prompt(1, 64));
        memory.Add(first);
        Assert.That(memory.Match(PrefixMemory.Hash([.. Prompt(1, 32), .. Prompt(2, 32)])), Is.EqualTo(2));

        memory.Add(PrefixMemory.Hash(Prompt(3, 96)));
        Assert.That(memory.Match(first), Is.EqualTo(2));
    }

    private static IReadOnlyList<RouteCandidate> Loads(params int[] loads) => [.. loads.Select((load, key) => new RouteCandidate(key, load, Old))];

    private static ImmutableArray<int> Prompt(int salt, int length = 64) => [.. Enumerable.Range(0, length).Select(i => (i * 31) + (salt * 7919))];
}
