using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Stages;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;

namespace Furiosa.Actors.Groups;

/// <summary>
/// One member's stages and their ways to those of other members: by message within the process, over a data connection between nodes.
/// </summary>
internal sealed class GroupRouter : IDisposable
{
    private readonly GroupPlan _plan;
    private readonly int _member;
    private readonly IActorRef _replica;
    private readonly IActorRef[] _stages;
    private readonly StepPeer[] _peers;

    /// <param name="plan">The group.</param>
    /// <param name="member">Which member this is.</param>
    /// <param name="host">The model.</param>
    /// <param name="data">The node's data connections; null where the group has one member.</param>
    /// <param name="replica">Told of results and faults.</param>
    /// <param name="failed">Told when a connection ends, on any thread.</param>
    public GroupRouter(GroupPlan plan, int member, IModelHost host, DataPath? data, IActorRef replica, Action<string, GroupDeath> failed)
    {
        (_plan, _member, _replica) = (plan, member, replica);
        _stages = [.. plan.Stages.Select(_ => ActorRefs.Nobody)];
        Links = new MemberLinks(plan, member, host.Config, data, Take, error => failed(error.Message, MemberLinks.DeathOf(error)));
        _peers = [.. plan.Nodes.Select((_, other) => new StepPeer(frame => Links.Send(other, frame), plan.Stages.Length))];
    }

    public MemberLinks Links { get; }

    /// <summary>Starts this member's stages as children; each tells the replica when it is ready.</summary>
    public IReadOnlyList<IActorRef> StartStages(IActorContext context, IModelHost host, IProgress<string>? progress)
    {
        var started = new List<IActorRef>();
        foreach (var stage in Links.Wiring.StagesOf(_member))
        {
            var part = Links.Wiring.PartOf(stage, _member);
            var placement = new StagePlacement(_plan.Replica, stage, _plan.Stages.Length, _plan.Stages[stage].Pes, part.Ranks, Links.SumLink(stage));
            var settings = new StageSettings(_plan.Epoch, placement, _plan.Cache, _replica, new Outlet(this, stage))
            {
                Node = NodeAddress.NameOf(_plan.Nodes[_member]),
            };
            _stages[stage] = context.Watch(context.ActorOf(Props.Create(() => new StageActor(settings, host, progress)).On(context.System, ChainDispatchers.Steps), $"stage-{stage}-{_plan.Epoch}"));
            started.Add(_stages[stage]);
        }
        return started;
    }

    /// <summary>Gives a step to the parts of a stage that take it from this member. Takes over the hidden states.</summary>
    public void Give(int stage, RunStage step)
    {
        var targets = Links.Wiring.Targets(stage, _member);
        for (var i = 0; i < targets.Length; i++)
        {
            var given = i == targets.Length - 1 ? step : Copy(step);
            if (targets[i] == _member) _stages[stage].Tell(given, ActorRefs.NoSender);
            else _peers[targets[i]].Send(stage, given);
        }
        if (targets.IsEmpty) step.Step.Input?.Dispose();
    }

    public void Dispose() => Links.Dispose();

    private void Complete(StepCompleted completed)
    {
        // Every part of a group that spans nodes has the answers, and they are the same.
        if (Links.Wiring.Reporter != _member) return;
        if (_member == GroupWiring.Home) _replica.Tell(completed, ActorRefs.NoSender);
        else _peers[GroupWiring.Home].Send(completed);
    }

    /// <summary>A copy for another receiver.</summary>
    private static RunStage Copy(RunStage step)
    {
        if (step.Step.Input is not { } input) return step;
        var copy = new HiddenStates(input.Rows, input.Width);
        input.Values.CopyTo(copy.Values);
        return step with { Step = step.Step with { Input = copy } };
    }

    private void Take(int member, IncomingFrame frame) => _peers[member].Take(
        frame,
        (stage, step) =>
        {
            if (stage < 0 || stage >= _stages.Length || _stages[stage].IsNobody()) throw new InvalidDataException($"sent a step for stage {stage}, which is not ready here");
            _stages[stage].Tell(step, ActorRefs.NoSender);
        },
        completed =>
        {
            if (_member != GroupWiring.Home) throw new InvalidDataException("sent a result to a node that is not the replica's home");
            _replica.Tell(completed, ActorRefs.NoSender);
        });

    private sealed class Outlet(GroupRouter router, int stage) : IStageOutlet
    {
        public void Forward(RunStage step) => router.Give(stage + 1, step);

        public void Complete(StepCompleted completed) => router.Complete(completed);

        public GroupDeath? Death => router.Links.Death;
    }
}
