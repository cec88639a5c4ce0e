using Akka.Actor;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>
/// How a node finds its cluster. One that could begin a cluster asks around first: one that was killed and comes back must find the nodes that
/// it left. All others ask the seed nodes until one takes them.
/// </summary>
internal sealed class ClusterSearch(AkkaCluster cluster, PeerSettings settings)
{
    // How long a node that could begin a cluster listens first for one that is there already.
    private static readonly TimeSpan Listening = TimeSpan.FromSeconds(3.5);

    // How long it waits for a node that is to take it before it asks one again; and, when it hears of none any more, before it listens again.
    private static readonly TimeSpan Asking = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Waiting = TimeSpan.FromSeconds(10);

    // How long a node that is taken by no seed node waits before it says so, and again.
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Saying = TimeSpan.FromSeconds(60);

    private bool _mayBegin;
    private int _beatsUntilBeginning = -1;
    private int _beatsWithoutAnswer;
    private TimeSpan? _askedAt;

    /// <summary>Whether it listens for a cluster that is there already.</summary>
    public bool IsListening => _beatsUntilBeginning >= 0;

    /// <summary>Begins the search.</summary>
    public void Begin()
    {
        _mayBegin = settings.Seeds.Count == 0 || settings.Seeds[0].Equals(cluster.SelfAddress);
        if (_mayBegin) _beatsUntilBeginning = settings.Beats(Listening);
        else cluster.JoinSeedNodes(settings.Seeds);
    }

    /// <summary>The node is a member.</summary>
    public void End() => (_mayBegin, _beatsUntilBeginning) = (false, -1);

    /// <summary>A node is heard that is in a cluster.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="now">The time.</param>
    public void Hear(string name, Address address, TimeSpan now)
    {
        if (!_mayBegin || now - _askedAt < Asking) return;
        if (IsListening) settings.Say($"Node {name} is in a cluster already, which this node joins");
        (_beatsUntilBeginning, _askedAt) = (-1, now);
        cluster.Join(address);
    }

    /// <summary>A beat has gone by.</summary>
    /// <param name="isMember">Whether the node is a member.</param>
    /// <param name="now">The time.</param>
    public void Look(bool isMember, TimeSpan now)
    {
        // Whom it has asked to be taken may have died.
        if (_mayBegin && !IsListening && now - _askedAt > Waiting) _beatsUntilBeginning = settings.Beats(Listening);
        if (!IsListening) SayWhenNobodyAnswers(isMember);
        else if (--_beatsUntilBeginning < 0) BeginACluster();
    }

    private void BeginACluster()
    {
        _mayBegin = false;
        cluster.Join(cluster.SelfAddress);
    }

    private void SayWhenNobodyAnswers(bool isMember)
    {
        if (isMember) _beatsWithoutAnswer = 0;
        else if (++_beatsWithoutAnswer % settings.Beats(Saying) == settings.Beats(Silent))
            settings.Say($"No seed node has taken this node yet ({string.Join(", ", settings.Seeds.Select(seed => $"{seed.Host}:{seed.Port}"))}); it goes on asking. Are they up, do they reach this node at {cluster.SelfAddress.Host}:{cluster.SelfAddress.Port}, and has it certificates of their cluster?");
    }
}
