using Akka.Actor;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Gateways;

/// <summary>The replicas that a gateway knows, of this process and of others.</summary>
internal sealed class ReplicaTable
{
    private readonly Dictionary<IActorRef, ReplicaView> _byActor = [];
    private readonly List<ReplicaView> _ordered = [];

    /// <summary>All of them by index.</summary>
    public IReadOnlyList<ReplicaView> All => _ordered;

    public ReplicaView? Find(IActorRef actor) => _byActor.GetValueOrDefault(actor);

    /// <summary>The replica of this process with an index.</summary>
    public ReplicaView? FindLocal(int index) => _ordered.Find(view => view.Node.Length == 0 && view.Index == index);

    public ReplicaView Add(ReplicaJoined joined)
    {
        var view = new ReplicaView(joined.Replica, joined.Actor, joined.Node);
        _byActor.Add(joined.Actor, view);
        _ordered.Add(view);
        _ordered.Sort((left, right) => (left.Index, left.Node).CompareTo((right.Index, right.Node)));
        return view;
    }

    public void Remove(ReplicaView view)
    {
        _byActor.Remove(view.Actor);
        _ordered.Remove(view);
    }

    /// <summary>The replicas of a node.</summary>
    public List<ReplicaView> Of(string node) => _ordered.FindAll(view => view.Node == node);
}
