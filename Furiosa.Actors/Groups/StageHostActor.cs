using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Groups;

/// <summary>
/// Takes part in groups of replicas that live on other nodes. Of one replica there is one group at a time, the one with the highest epoch;
/// the next is begun when all of the one before is gone and its memory free.
/// </summary>
internal sealed class StageHostActor : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, HostedGroup> _groups = [];
    private readonly IModelHost _host;
    private readonly DataPath _data;
    private readonly string _node;
    private readonly string _model;

    /// <param name="host">The model.</param>
    /// <param name="data">The node's data connections.</param>
    /// <param name="node">This node's name, of this life of its process.</param>
    /// <param name="model">What must be the same on all nodes of a group.</param>
    public StageHostActor(IModelHost host, DataPath data, string node, string model)
    {
        (_host, _data, _node, _model) = (host, data, node, model);
        Receive<OpenGroup>(Open);
        Receive<Terminated>(ended => Ended(ended.ActorRef));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(fault =>
    {
        _log.Error(fault, "A group's member failed");
        return Directive.Stop;
    });

    private void Open(OpenGroup open)
    {
        var plan = open.Plan;
        var known = _groups.GetValueOrDefault(plan.Group);
        var refusal = GroupPlans.Problem(plan, open.Member)
            ?? (plan.Nodes[open.Member] != _node ? $"it is meant for {plan.Nodes[open.Member]}, not for {_node}" : null)
            ?? (plan.Model != _model ? $"{_node} serves another model or serves it otherwise" : null);
        if (refusal is null && known is not null && plan.Epoch <= known.Epoch)
        {
            Sender.Tell(new EpochIsOver(plan.Epoch, known.Epoch, $"epoch {plan.Epoch} is over: {_node} knows of epoch {known.Epoch}"));
            return;
        }
        if (refusal is not null)
        {
            _log.Warning("Epoch {Epoch} of {Group} from {Replica} was refused: {Reason}", plan.Epoch, plan.Group, Sender, refusal);
            Sender.Tell(new StageFailed(plan.Epoch, 0, refusal));
            return;
        }
        if (known is null) _groups.Add(plan.Group, known = new HostedGroup());
        known.Next = (open, Sender);
        if (known.Actor is null) Begin(known);
        else known.Actor.Tell(new CloseGroup(known.ActorEpoch));
        known.Epoch = plan.Epoch;
    }

    private void Begin(HostedGroup group)
    {
        var (open, replica) = group.Next!.Value;
        (group.Next, group.ActorEpoch) = (null, open.Plan.Epoch);
        group.Actor = Context.Watch(Context.ActorOf(
            Props.Create(() => new GroupMemberActor(open, replica, _host, _data)), $"{open.Plan.Group}-{open.Plan.Epoch}"));
    }

    private void Ended(IActorRef actor)
    {
        if (_groups.Values.FirstOrDefault(group => actor.Equals(group.Actor)) is not { } group) return;
        group.Actor = null;
        if (group.Next is not null) Begin(group);
    }

    private sealed class HostedGroup
    {
        /// <summary>The newest epoch heard of; kept when its group is gone, so that an older one cannot come back.</summary>
        public long Epoch { get; set; }

        public IActorRef? Actor { get; set; }

        /// <summary>The epoch of <see cref="Actor"/>.</summary>
        public long ActorEpoch { get; set; }

        public (OpenGroup Open, IActorRef Replica)? Next { get; set; }
    }
}
