using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Groups;

/// <summary>
/// This node's part in the group of a replica that lives on another node. Whatever ends (a connection, a stage, the replica), the whole part
/// ends with it, and the replica is told; it is never repaired.
/// </summary>
internal sealed class GroupMemberActor : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly GroupPlan _plan;
    private readonly int _member;
    private readonly IActorRef _replica;
    private readonly DataPath _data;
    private readonly GroupRouter _router;

    public GroupMemberActor(OpenGroup open, IActorRef replica, IModelHost host, DataPath data)
    {
        (_plan, _member, _replica, _data) = (open.Plan, open.Member, replica, data);
        var self = Self;
        _router = new GroupRouter(_plan, _member, host, data, replica, (reason, death) => self.Tell(new GroupBroken(reason, death), ActorRefs.NoSender));
        Receive<ConnectGroup>(connect =>
        {
            if (connect.Epoch != _plan.Epoch) return;
            _router.Links.ConnectAsync(connect.Endpoints).PipeTo(
                Self, success: () => new GroupConnected(_plan.Epoch), failure: fault => new GroupBroken(fault.GetBaseException().Message, GroupDeath.Gone));
        });
        Receive<GroupConnected>(_ => _router.StartStages(Context, host, progress: null));
        Receive<GroupBroken>(broken => Break(broken.Reason, broken.Death));
        Receive<CloseGroup>(close =>
        {
            if (close.Epoch == _plan.Epoch) Close();
        });
        Receive<Terminated>(ended =>
        {
            if (ended.ActorRef.Equals(_replica)) Close();
            else Break("a stage ended", GroupDeath.Fault);
        });
    }

    protected override void PreStart()
    {
        Context.Watch(_replica);
        _replica.Tell(new GroupOpened(_plan.Epoch, _member, _data.Endpoint));
    }

    /// <summary>A group dies as a whole: no member of it is restarted.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new AllForOneStrategy(fault =>
    {
        _log.Error(fault, "A stage of {Group} failed", _plan.Group);
        return Directive.Stop;
    });

    protected override void PostStop() => _router.Dispose();

    private void Break(string reason, GroupDeath death)
    {
        _log.Warning("Epoch {Epoch} of {Group} ends here: {Reason}", _plan.Epoch, _plan.Group, reason);
        _replica.Tell(new StepFaulted(_plan.Epoch, _router.Links.Wiring.StagesOf(_member)[0], reason, death));
        Close();
    }

    private void Close()
    {
        // Before the stages stop, which may take as long as a step: the other members see it now.
        _router.Dispose();
        Context.Stop(Self);
    }
}
