using Akka.Actor;
using Akka.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>Another node as this one sees it.</summary>
internal sealed class Peer(Member member, ActorSelection peers)
{
    private long _heardAt = Environment.TickCount64;

    public string Address { get; } = member.Address.ToString();

    /// <summary>What the cluster last told of it. The cluster's own state is another moment's: it may have lost a member that still is a peer.</summary>
    public Member Member { get; set; } = member;

    /// <summary>What it last told of itself; null until it was heard.</summary>
    public NodeDescription? Node { get; private set; }

    /// <summary>Whether it is heard.</summary>
    public bool IsAlive { get; private set; }

    public void Tell(object message, IActorRef sender) => peers.Tell(message, sender);

    public void Hear(NodeDescription node)
    {
        (Node, IsAlive) = (node, true);
        HeardNow();
    }

    public void HeardNow() => _heardAt = Environment.TickCount64;

    public void Lose() => IsAlive = false;

    public bool IsSilent(TimeSpan limit) => Environment.TickCount64 - _heardAt > limit.TotalMilliseconds;
}
