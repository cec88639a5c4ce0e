using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;

namespace Furiosa.Actors.Groups;

/// <summary>The other members of a replica's group, as its home brings them together.</summary>
internal sealed class GroupAssembly(GroupPlan plan, ImmutableArray<StageHostRef> others, DataPath data)
{
    private readonly DataEndpoint?[] _endpoints = [data.Endpoint, .. others.Select(_ => (DataEndpoint?)null)];
    private readonly IActorRef[] _members = [.. others.Select(_ => ActorRefs.Nobody)];
    private ICancelable? _deadline;

    /// <summary>Where every member is, once all have answered.</summary>
    public ImmutableArray<DataEndpoint> Endpoints => [.. _endpoints.Select(endpoint => endpoint!)];

    /// <summary>Asks every other node to take part; those that do not answer in time fail the group.</summary>
    public void Open(IActorContext context)
    {
        for (var i = 0; i < others.Length; i++) others[i].Actor.Tell(new OpenGroup(plan, i + 1), context.Self);
        var missing = $"a node of the group did not answer within {data.Limits.Handshake.TotalSeconds:0.###} s ({string.Join(", ", others.Select(other => other.Node))})";
        _deadline = context.System.Scheduler.ScheduleTellOnceCancelable(data.Limits.Handshake, context.Self, new StageFailed(plan.Epoch, 0, missing), context.Self);
    }

    /// <summary>Notes an answer; true with the last one, when all are told to connect.</summary>
    public bool Add(IActorContext context, GroupOpened opened, IActorRef member)
    {
        if (opened.Member < 1 || opened.Member > others.Length || _endpoints[opened.Member] is not null) return false;
        _endpoints[opened.Member] = opened.Endpoint;
        _members[opened.Member - 1] = context.Watch(member);
        if (_endpoints.Contains(null)) return false;
        _deadline?.Cancel();
        foreach (var other in _members) other.Tell(new ConnectGroup(plan.Epoch, Endpoints), context.Self);
        return true;
    }

    /// <summary>Whether the actor is one of the members.</summary>
    public bool Has(IActorRef actor) => _members.Contains(actor);

    /// <summary>Whether a node is one of those asked to take part.</summary>
    /// <param name="address">The node's.</param>
    public bool Spans(string address) => others.Any(other => other.Actor.Path.Address.ToString() == address);

    /// <summary>Gives the group up.</summary>
    public void Close(IActorContext context)
    {
        _deadline?.Cancel();
        foreach (var member in _members.Where(member => !member.IsNobody()))
        {
            context.Unwatch(member);
            member.Tell(new CloseGroup(plan.Epoch), context.Self);
        }
    }
}
