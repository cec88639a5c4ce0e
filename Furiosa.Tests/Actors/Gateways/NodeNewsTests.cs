using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Observation;

namespace Furiosa.Tests.Actors.Gateways;

/// <summary>What the journal says of a cluster's nodes.</summary>
[TestFixture]
public sealed class NodeNewsTests
{
    [Test]
    public void Journal_OfANodeThatComesAndGoes_HasEachChangeOnce()
    {
        var journal = new RuntimeJournal();
        var news = new NodeNews(journal);
        var node = new NodeDescription("d1", "akka.tcp://furiosa@127.0.0.1:7090", 1, 0, NodeRoles.Device, "", "", IsDraining: false, [], default, [], 0, []);

        for (var times = 0; times < 2; times++) news.NoteSeen(node);
        for (var times = 0; times < 2; times++) news.NoteSeen(node with { IsDraining = true });
        news.NoteSeen(node);
        for (var times = 0; times < 2; times++) news.NoteLost(node.Address, "its connection was closed", isGone: false);
        news.NoteSeen(node);
        news.NoteLost(node.Address, "it was removed from the cluster", isGone: true);
        news.NoteLost(node.Address, "it was removed from the cluster", isGone: true);
        news.NoteSeen(node with { Incarnation = 2 });

        string[] kinds = ["node_joined", "node_draining", "node_undrained", "node_lost", "node_back", "node_left", "node_joined"];
        Assert.That(journal.After(0).Select(one => one.Kind), Is.EqualTo(kinds));
        Assert.That(journal.After(0).Select(one => one.Node), Has.All.EqualTo("d1"));
        Assert.That(journal.After(0)[3].Message, Is.EqualTo("Node d1 is lost: its connection was closed."));
    }
}
