using System.Collections.Immutable;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Groups;

/// <summary>
/// Who sends what to whom in a group whose stages lie on several nodes. A part of a stage takes hidden states from the part of the stage
/// before that is on its own node, else from that stage's first part: every part of a group has all of them.
/// </summary>
internal sealed class GroupWiring(GroupPlan plan)
{
    /// <summary>The member with the scheduler.</summary>
    public const int Home = 0;

    /// <summary>The lane of steps and their results; a stage's partial sums have <see cref="SumLane"/>.</summary>
    public const int StepLane = 0;

    // By stage and feeder: it is asked for at every step.
    private readonly Dictionary<(int Stage, int Member), ImmutableArray<int>> _targets = TargetsOf(plan);

    /// <summary>Lane of the partial sums of one stage.</summary>
    public static int SumLane(int stage) => stage + 1;

    /// <summary>The member whose part of the last stage tells the result.</summary>
    public int Reporter { get; } = Holds(plan.Stages[^1], Home) ? Home : plan.Stages[^1].Parts[0].Member;

    /// <summary>Every connection of the group: from the first member to the second.</summary>
    public ImmutableArray<GroupLane> Lanes { get; } = [.. LanesOf(plan).Distinct()];

    /// <summary>The members that are given a step's input at a stage by this member: the home at stage 0.</summary>
    public ImmutableArray<int> Targets(int stage, int member) => _targets.TryGetValue((stage, member), out var targets) ? targets : [];

    /// <summary>The stages of which a member holds a part, in order.</summary>
    public ImmutableArray<int> StagesOf(int member) => [.. Enumerable.Range(0, plan.Stages.Length).Where(stage => Holds(plan.Stages[stage], member))];

    /// <summary>What a member holds of a stage.</summary>
    public GroupPart PartOf(int stage, int member) => plan.Stages[stage].Parts.First(part => part.Member == member);

    private static Dictionary<(int Stage, int Member), ImmutableArray<int>> TargetsOf(GroupPlan plan) => plan.Stages.Index()
        .SelectMany(stage => stage.Item.Parts.Select(part => (Stage: stage.Index, part.Member)))
        .GroupBy(target => (target.Stage, Feeder(plan, target.Stage, target.Member)))
        .ToDictionary(group => group.Key, group => group.Select(target => target.Member).ToImmutableArray());

    private static bool Holds(GroupStage stage, int member) => stage.Parts.Any(part => part.Member == member);

    private static int Feeder(GroupPlan plan, int stage, int member) =>
        stage == 0 ? Home : Holds(plan.Stages[stage - 1], member) ? member : plan.Stages[stage - 1].Parts[0].Member;

    private static IEnumerable<GroupLane> LanesOf(GroupPlan plan)
    {
        for (var stage = 0; stage < plan.Stages.Length; stage++)
        {
            foreach (var part in plan.Stages[stage].Parts)
            {
                var feeder = Feeder(plan, stage, part.Member);
                if (feeder != part.Member) yield return GroupLane.Between(StepLane, feeder, part.Member);
                foreach (var other in plan.Stages[stage].Parts.Where(other => other.Member > part.Member))
                    yield return new GroupLane(SumLane(stage), part.Member, other.Member);
            }
        }
        var last = plan.Stages[^1];
        if (!Holds(last, Home)) yield return GroupLane.Between(StepLane, Home, last.Parts[0].Member);
    }
}

/// <summary>One connection of a group; the first member opens it.</summary>
internal readonly record struct GroupLane(int Lane, int From, int To)
{
    public static GroupLane Between(int lane, int one, int other) => new(lane, Math.Min(one, other), Math.Max(one, other));

    /// <summary>Whether the member is one of its ends.</summary>
    public bool Has(int member) => From == member || To == member;

    /// <summary>The member at the other end.</summary>
    public int Other(int member) => From == member ? To : From;
}
