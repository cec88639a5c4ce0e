using Akka.Actor;

namespace Furiosa.Actors.Cluster;

/// <summary>What a node's peer actor is made with.</summary>
/// <param name="Self">What this node tells of itself at first.</param>
/// <param name="Seeds">Where to ask for the cluster.</param>
/// <param name="BeatInterval">How often nodes tell each other that they live.</param>
/// <param name="SilenceTimeout">A node that was not heard of for this long counts as lost.</param>
/// <param name="Listeners">Who is told of nodes that come and go, this one included.</param>
internal sealed record PeerSettings(
    NodeDescription Self, IReadOnlyList<Address> Seeds, TimeSpan BeatInterval, TimeSpan SilenceTimeout, IReadOnlyList<IActorRef> Listeners)
{
    /// <summary>What it tells of itself now, which outlives a restart of the actor.</summary>
    public NodeDescription Own { get; set; } = Self;

    /// <summary>Called when the cluster has taken this node; more than once.</summary>
    public Action Taken { get; init; } = () => { };

    /// <summary>Called when the cluster does not want this node.</summary>
    public required Action<string> Refused { get; init; }

    /// <summary>Called when the cluster has given this node up.</summary>
    public required Action Removed { get; init; }

    /// <summary>How many beats there are in a time.</summary>
    public int Beats(TimeSpan time) => (int)Math.Ceiling(time / BeatInterval);

    /// <summary>Whether a listener notes what becomes of other nodes, so that it needs no line of its own.</summary>
    public bool HasJournal { get; init; }

    /// <summary>Told what the admin is to read.</summary>
    public required Action<string> Say { get; init; }
}
