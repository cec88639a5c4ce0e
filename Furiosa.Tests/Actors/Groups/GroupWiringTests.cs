using System.Collections.Immutable;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Actors.Groups;

/// <summary>A group is written as one word for each stage: letter i names the node of rank i, A being the home.</summary>
internal sealed class GroupWiringTests
{
    [TestCase("AA", "", 0)]
    [TestCase("AA AA", "", 0)]
    [TestCase("AA BB", "0:A-B", 1)]
    [TestCase("A B C", "0:A-B 0:B-C 0:A-C", 2)]
    [TestCase("A B A", "0:A-B", 0)]
    [TestCase("B B", "0:A-B", 1)]
    [TestCase("AB", "0:A-B 1:A-B", 0)]
    [TestCase("AABB AABB", "0:A-B 1:A-B 2:A-B", 0)]
    [TestCase("AABB BBCC", "0:A-B 1:A-B 2:B-C 0:A-C", 1)]
    public void Lanes_OfAGroup_AreTheFewestThatDo(string stages, string lanes, int reporter)
    {
        var wiring = new GroupWiring(Plan(stages));

        var expected = lanes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(wiring.Lanes.Select(lane => $"{lane.Lane}:{(char)('A' + lane.From)}-{(char)('A' + lane.To)}"), Is.EquivalentTo(expected));
        Assert.That(wiring.Reporter, Is.EqualTo(reporter));
    }

    /// <summary>A model may have more heads that are normed together than anything else.</summary>
    [TestCase("""{"architectures":["Mamba2ForCausalLM"],"hidden_size":64,"num_hidden_layers":2,"vocab_size":83,"num_heads":1024,"head_dim":1,"expand":16}""", 1024)]
    [TestCase("""{"architectures":["LlamaForCausalLM"],"hidden_size":64,"num_hidden_layers":2,"num_attention_heads":400,"head_dim":2,"intermediate_size":8,"vocab_size":83}""", 800)]
    public void MostSumBytes_ManyHeads_HoldsANumberForEach(string config, int numbers) =>
        Assert.That(MemberLinks.MostSumBytes(512, ModelConfig.Parse(System.Text.Json.JsonDocument.Parse(config).RootElement, "config.json")), Is.EqualTo(512 * numbers * sizeof(float)));

    /// <summary>Every part of every stage is fed by exactly one member, on its own node where that holds the stage before.</summary>
    [TestCase("AA BB")]
    [TestCase("B B")]
    [TestCase("AABB BBCC ABCD DDDD")]
    public void Targets_OfAllMembers_FeedEveryPartOnce(string stages)
    {
        var plan = Plan(stages);
        var wiring = new GroupWiring(plan);
        for (var stage = 0; stage < plan.Stages.Length; stage++)
        {
            var fed = Enumerable.Range(0, plan.Nodes.Length).SelectMany(member => wiring.Targets(stage, member).Select(target => (Feeder: member, Target: target))).ToList();
            Assert.That(fed.Select(pair => pair.Target), Is.EquivalentTo(plan.Stages[stage].Parts.Select(part => part.Member)));
            if (stage == 0) continue;
            foreach (var (feeder, target) in fed)
            {
                var before = plan.Stages[stage - 1].Parts.Select(part => part.Member).ToList();
                Assert.That(feeder, Is.EqualTo(before.Contains(target) ? target : before[0]));
            }
        }
    }

    [TestCase("AA BB", 1, null)]
    [TestCase("AA BB", 0, "member 0 of 2 is none")]
    [TestCase("AA BB", 2, "member 2 of 2 is none")]
    public void Problem_OfAPlanFromElsewhere_IsNamed(string stages, int member, string? problem) =>
        Assert.That(GroupPlans.Problem(Plan(stages), member), Is.EqualTo(problem));

    [Test]
    public void Problem_OfAPlanWithoutSense_IsNamed()
    {
        var plan = Plan("AB BB");
        GroupStage[] wrong =
        [
            plan.Stages[0] with { Parts = [] },
            plan.Stages[0] with { Parts = [new GroupPart(0, [0]), new GroupPart(7, [1])] },
            plan.Stages[0] with { Parts = [new GroupPart(0, [0]), new GroupPart(0, [1])] },
            plan.Stages[0] with { Parts = [new GroupPart(0, [0]), new GroupPart(1, [0])] },
            plan.Stages[0] with { Parts = [new GroupPart(0, [0])] },
        ];

        foreach (var stage in wrong) Assert.That(GroupPlans.Problem(plan with { Stages = [stage, plan.Stages[1]] }, 1), Is.Not.Null);
        Assert.That(GroupPlans.Problem(plan with { Secret = [1, 2, 3] }, 1), Is.Not.Null);
        Assert.That(GroupPlans.Problem(plan with { Stages = [] }, 1), Is.Not.Null);
    }

    private static GroupPlan Plan(string text)
    {
        var words = text.Split(' ');
        var stages = words.Select(word => new GroupStage(
            [.. word.Select((_, rank) => new PeId(0, rank))],
            [.. word.Distinct().Select(node => new GroupPart(node - 'A', [.. Enumerable.Range(0, word.Length).Where(rank => word[rank] == node)]))])).ToImmutableArray();
        var nodes = Enumerable.Range(0, text.Where(char.IsLetter).Max() - 'A' + 1).Select(node => $"node-{node}").ToImmutableArray();
        return new GroupPlan("replica-0", 1, [.. new byte[32]], "", 0, new CacheSize(10), 10, nodes, stages);
    }
}
