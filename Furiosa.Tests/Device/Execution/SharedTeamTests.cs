using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

/// <summary>Several replicas of one process, on one compute team.</summary>
[TestFixture]
internal sealed class SharedTeamTests
{
    [Test]
    public void Digest_OfReplicasSideBySide_IsThatOfOneAlone([Values(1, 3)] int threads, [Values("qwen3", "llama-bias-linear-rope")] string name)
    {
        using var team = new ComputeTeam(threads);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model(name), ComputeTeam = team });
        using var alone = new ReplicaRunner(host);
        string expected = TensorParallelPeer.Digest(alone);
        ReplicaRunner[] replicas = [new(host, 2, 2), new(host, 2, 2), new(host, 8), new(host, 1, 4)];

        var digests = new string[replicas.Length];
        var threadsOfReplicas = replicas.Select((replica, i) => new Thread(() => digests[i] = TensorParallelPeer.Digest(replica))).ToArray();
        foreach (var thread in threadsOfReplicas) thread.Start();
        foreach (var thread in threadsOfReplicas) thread.Join();

        Assert.That(digests, Is.All.EqualTo(expected));
        foreach (var replica in replicas) replica.Dispose();
    }

    [Test]
    public void CreateStage_OfTwoReplicas_PacksTheWeightsOnce()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3") });
        using var first = new ReplicaRunner(host, 4);
        using var second = new ReplicaRunner(host, 4);

        for (int rank = 0; rank < 4; rank++)
        {
            var (a, b) = (first.Stages[0].Context.Stage.Pes[rank], second.Stages[0].Context.Stage.Pes[rank]);
            Assert.That(b.Layers, Is.EqualTo(a.Layers));
            Assert.That(b.Head, Is.SameAs(a.Head));
            Assert.That(b.Cache, Is.Not.SameAs(a.Cache));
        }
    }
}
