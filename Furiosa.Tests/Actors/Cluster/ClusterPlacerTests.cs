using System.Collections.Immutable;
using Furiosa.Actors.Cluster;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class ClusterPlacerTests
{
    [Test]
    public void Make_ThreeNodesOfFourPes_OneReplicaSpansTwoAndTheOtherHasItsOwn()
    {
        var plan = Plan(new ParallelDegrees(2, 2, 2), [Node("d1", 4), Node("d2", 4), Node("d3", 4)]);

        Assert.That(Text(plan), Is.EqualTo("0: d1:0-1 d2:0-1 | 1: d3:0-1 d3:2-3"));
    }

    [TestCase(1, 1, null, "0: d1:0 | 1: d2:0 | 2: d1:1 | 3: d2:1")]
    [TestCase(2, 1, null, "0: d1:0-1 | 1: d2:0-1")]
    [TestCase(2, 2, null, "0: d1:0-1 d2:0-1")]
    [TestCase(2, 1, 1, "0: d1:0-1")]
    [TestCase(1, 2, 1, "0: d1:0 d2:0")]
    public void Make_TwoNodesOfTwoPes_ReplicasTakeNodesOfTheirOwn(int tp, int pp, int? dp, string expected) =>
        Assert.That(Text(Plan(new ParallelDegrees(tp, pp, dp), [Node("d2", 2), Node("d1", 2)])), Is.EqualTo(expected));

    [Test]
    public void Make_GroupFitsNoNode_SpansNodesOnlyThen()
    {
        var plan = Plan(new ParallelDegrees(4, 1, null), [Node("d1", 2), Node("d2", 2)]);

        Assert.That(Text(plan), Is.EqualTo("0: d1:0-1+d2:0-1"));
    }

    [Test]
    public void Make_TooFewPes_SaysWhatIsMissing()
    {
        var plan = Plan(new ParallelDegrees(4, 1, 3), [Node("d1", 4)]);

        Assert.That(plan.Replicas, Has.Length.EqualTo(1));
        Assert.That(plan.Notices, Has.Some.Contains("1 of 3 replicas have a place"));
    }

    /// <summary>While a cluster forms, who came first does not decide, but whoever is in the right place already stays there.</summary>
    [Test]
    public void Make_Afresh_PlansAllAnewAndKeepsWhatIsInPlace()
    {
        var degrees = new ParallelDegrees(2, 2, 2);
        PlacementNode[] nodes = [Node("d1", 4), Node("d2", 4), Node("d3", 4)];
        var goal = new PlacementGoal(degrees, true, 1);
        var first = ClusterPlacer.Make(goal, [nodes[2]], []);
        var second = ClusterPlacer.Make(goal with { FirstId = 100 }, nodes, first.Replicas, afresh: true);

        Assert.That(Text(first), Is.EqualTo("0: d3:0-1 d3:2-3"));
        Assert.That(Text(second), Is.EqualTo("0: d1:0-1 d2:0-1 | 1: d3:0-1 d3:2-3"));
        var third = ClusterPlacer.Make(goal with { FirstId = 200 }, nodes, second.Replicas, afresh: true);
        Assert.That(third.Replicas.Select(replica => replica.Id), Is.EqualTo(second.Replicas.Select(replica => replica.Id)));
    }

    /// <summary>What holds whatever nodes come and go: no element twice, groups and pipelines whole, what runs and is whole stays, and nothing depends on order.</summary>
    [Test]
    public void Make_NodesComeAndGo_KeepsTheRules()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var degrees = new ParallelDegrees(1 << random.Next(3), random.Next(1, 4), random.Next(2) == 0 ? null : random.Next(1, 5));
            var nodes = new List<PlacementNode>();
            ImmutableArray<PlacedReplica> running = [];
            for (var step = 0; step < 6; step++)
            {
                if (nodes.Count > 0 && random.Next(3) == 0) nodes.RemoveAt(random.Next(nodes.Count));
                else nodes.Add(Node($"n{seed}x{step}", random.Next(1, 9)));
                var spans = random.Next(4) > 0;
                var plan = Plan(degrees, nodes, running, spans, 1000 * (step + 1));
                var again = Plan(degrees, [.. nodes.OrderByDescending(node => node.Name)], [.. running.Reverse()], spans, 1000 * (step + 1));
                Assert.That(Text(again), Is.EqualTo(Text(plan)), $"seed {seed}, step {step}");
                Check(degrees, nodes, running, plan, spans, $"seed {seed}, step {step}: {Text(plan)}");
                running = plan.Replicas;
            }
        }
    }

    [TestCase("npu:0:*", "npu:0:*")]
    [TestCase("d1/npu:0:*,d2/npu:1:*", "npu:0:*")]
    [TestCase("d2/npu:1:*", "")]
    [TestCase("10.0.0.1/npu:0:0-3, npu:1", "npu:0:0-3, npu:1")]
    public void Of_SpecificationOfTheCluster_IsWhatIsAboutTheNode(string text, string expected) =>
        Assert.That(ClusterDevices.Of(text, "d1", "10.0.0.1"), Is.EqualTo(expected));

    private static void Check(
        ParallelDegrees degrees, List<PlacementNode> nodes, ImmutableArray<PlacedReplica> running, ClusterPlan plan, bool spans, string where)
    {
        var pes = plan.Replicas.SelectMany(replica => replica.Stages).SelectMany(stage => stage.Pes).ToList();
        var offered = nodes.SelectMany(node => node.Pes.Select(id => new PlacedPe(node.Name, id))).ToHashSet();
        Assert.That(pes, Is.Unique, where);
        Assert.That(pes.TrueForAll(offered.Contains), Is.True, where);
        Assert.That(plan.Replicas.Select(replica => replica.Index), Is.Unique, where);
        Assert.That(plan.Replicas.All(replica => replica.Stages.Length == degrees.Pipeline && replica.Stages.All(stage => stage.Pes.Length == degrees.Tensor)), Is.True, where);
        Assert.That(plan.Replicas.All(replica => replica.Cache.Blocks > 0), Is.True, where);
        if (degrees.Data is { } most) Assert.That(plan.Replicas, Has.Length.LessThanOrEqualTo(most), where);
        if (!spans) Assert.That(plan.Replicas.Except(running).All(replica => replica.Nodes().Count() == 1), Is.True, where);
        var whole = running.Where(replica => replica.Stages.SelectMany(stage => stage.Pes).All(offered.Contains));
        Assert.That(whole.Except(plan.Replicas), Is.Empty, where);
        Assert.That(plan.Replicas.Except(running).Select(replica => replica.Id), Is.All.GreaterThan(running.Select(replica => replica.Id).DefaultIfEmpty().Max()), where);
    }

    private static PlacementNode Node(string name, int pes) => new(name, [.. Enumerable.Range(0, pes).Select(pe => new PeId(0, pe))], new CacheSize(100, 4));

    private static ClusterPlan Plan(ParallelDegrees degrees, IReadOnlyCollection<PlacementNode> nodes, ImmutableArray<PlacedReplica> running = default, bool spans = true, long id = 1) =>
        ClusterPlacer.Make(new PlacementGoal(degrees, spans, id), nodes, running.IsDefault ? [] : running);

    private static string Text(ClusterPlan plan) => string.Join(" | ", plan.Replicas.Select(replica =>
        $"{replica.Index}: {string.Join(' ', replica.Stages.Select(stage => string.Join('+', stage.Pes.GroupBy(pe => pe.Node).Select(part => $"{part.Key}:{Range([.. part.Select(pe => pe.Id.Pe)])}"))))}"));

    private static string Range(int[] pes) => pes.Length == 1 ? $"{pes[0]}" : $"{pes[0]}-{pes[^1]}";
}
