using System.Globalization;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Tests.Support;
using AkkaCluster = Akka.Cluster.Cluster;
using SplitBrainResolver = Furiosa.Actors.Cluster.SplitBrainResolver;

namespace Furiosa.Tests.Actors.Cluster;

/// <summary>Nodes that die and come back at the same address are reached, whichever of the two speaks first, and however slow the wire is.</summary>
[TestFixture]
internal sealed class ReconnectionTests
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The node that stayed is still connecting when the one that came back connects to it: the connection that it gives up arrives all the
    /// same, and the other must not listen to that one alone.
    /// </summary>
    [Test]
    public async Task Restart_ConnectionsCrossEachOther_BothReachEachOther()
    {
        var (stayingPort, restartedPort) = (0, 0);
        using var toStaying = new TcpProxy(() => stayingPort);
        using var toRestarted = new TcpProxy(() => restartedPort);
        using var staying = Start(toStaying, out stayingPort);
        var before = Start(toRestarted, out restartedPort);
        await Eventually.IsTrueAsync(() => ReachesAsync(staying, before), "the node is reached before it dies");

        // It dies without a word.
        toRestarted.End();
        toStaying.End();
        toRestarted.Hold();
        toStaying.Hold();
        await before.Terminate();
        before.Dispose();
        toStaying.LetGo();

        using var after = Start(toRestarted, out restartedPort);
        var (connections, bytes) = (toRestarted.Connections, toStaying.Bytes);
        await Eventually.IsTrueAsync(
            async () =>
            {
                await ReachesAsync(staying, after, TimeSpan.FromMilliseconds(50));
                return toRestarted.Connections > connections;
            },
            "the node that stayed connects");
        await Eventually.IsTrueAsync(
            async () =>
            {
                await ReachesAsync(after, staying, TimeSpan.FromMilliseconds(50));
                return toStaying.Bytes > bytes;
            },
            "the node that came back connects, too");
        // Long enough for the one that stayed to make of it what it will; its answer may be held up.
        await ReachesAsync(after, staying);
        toRestarted.LetGo();

        await Eventually.IsTrueAsync(() => ReachesAsync(staying, after), "the node that came back is reached");
        await Eventually.IsTrueAsync(() => ReachesAsync(after, staying), "it reaches the other");
        await Task.WhenAll(staying.Terminate(), after.Terminate());
    }

    /// <summary>Starts a system that others reach through a proxy.</summary>
    private static ActorSystem Start(TcpProxy proxy, out int port)
    {
        for (var left = 10; ; left--)
        {
            port = FreePort.Find();
            try
            {
                return ClusterSystem.Start(
                    SplitBrainResolver.Own, NodeRoles.Device,
                    string.Create(CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp {{ port = {port}, public-port = {proxy.Port} }}"));
            }
            catch (Exception) when (left > 0)
            {
                // Somebody else has taken the port meanwhile.
            }
        }
    }

    private static Task<bool> ReachesAsync(ActorSystem from, ActorSystem to) => ReachesAsync(from, to, Answer);

    private static async Task<bool> ReachesAsync(ActorSystem from, ActorSystem to, TimeSpan patience)
    {
        var selection = from.ActorSelection(new RootActorPath(AkkaCluster.Get(to).SelfAddress) / "user");
        try
        {
            return (await selection.Ask<ActorIdentity>(new Identify(1), patience)).Subject is not null;
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }
}
