using System.Collections.Immutable;
using System.Security.Cryptography;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;

namespace Furiosa.Actors.Groups;

/// <summary>Makes and checks the plans of groups.</summary>
internal static class GroupPlans
{
    private const int SecretBytes = 32;

    /// <summary>The plan of a replica's group, and the hosts of its members but the home, in the members' order.</summary>
    public static (GroupPlan Plan, ImmutableArray<StageHostRef> Others) Make(ReplicaSettings settings, long epoch)
    {
        var others = settings.Stages.SelectMany(stage => stage.Parts).Select(part => part.Host).OfType<StageHostRef>().Distinct().ToImmutableArray();
        int MemberOf(StagePart part) => part.Host is null ? GroupWiring.Home : 1 + others.IndexOf(part.Host);
        var plan = new GroupPlan(
            $"replica-{settings.Index}", epoch, [.. RandomNumberGenerator.GetBytes(SecretBytes)], settings.Model, settings.Index,
            settings.Scheduler.Cache, settings.Scheduler.MaxBatchedTokens,
            [settings.Node, .. others.Select(other => other.Node)],
            [.. settings.Stages.Select(stage => new GroupStage(stage.Pes, [.. stage.Parts.Select(part => new GroupPart(MemberOf(part), part.Ranks))]))]);
        return (plan, others);
    }

    /// <summary>What is wrong with a plan that another node sent; null when nothing is.</summary>
    public static string? Problem(GroupPlan plan, int member)
    {
        if (member <= GroupWiring.Home || member >= plan.Nodes.Length) return $"member {member} of {plan.Nodes.Length} is none";
        if (plan.Secret.Length != SecretBytes || plan.Cache.Blocks < 1 || plan.Cache.States < 0 || plan.MaxRows < 1 || plan.Stages.IsEmpty) return "the plan is not complete";
        foreach (var stage in plan.Stages)
        {
            if (stage.Parts.IsEmpty || stage.Parts.Any(part => part.Member < 0 || part.Member >= plan.Nodes.Length)) return "a stage has no member, or one that is none";
            if (stage.Parts.Select(part => part.Member).Distinct().Count() != stage.Parts.Length) return "a member has two parts of one stage";
            if (!stage.Parts.SelectMany(part => part.Ranks).Order().SequenceEqual(Enumerable.Range(0, stage.Pes.Length))) return "a rank is held by nobody, or by two";
        }
        return null;
    }
}
