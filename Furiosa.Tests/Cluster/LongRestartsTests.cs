using System.Diagnostics;
using System.Globalization;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>
/// Two gateways and two device nodes, of which one after the other is killed or ended and started again, a hundred times, under streams whose
/// clients go to another gateway when theirs ends. On demand: <c>dotnet test --filter FullyQualifiedName~LongRestartsTests</c>;
/// FURIOSA_RESTARTS and FURIOSA_CHAOS_SEED change it.
/// </summary>
[TestFixture, Explicit("ten minutes, with a report")]
public sealed class LongRestartsTests
{
    private static readonly int Restarts = TestSize.Of("FURIOSA_RESTARTS", 100);
    private static readonly int Seed = TestSize.Of("FURIOSA_CHAOS_SEED", 1);

    [Test]
    public Task Streams_NodesAreRestartedAgainAndAgain_EveryByteIsTheSame() => RestartedStreams.CompareAsync(async cluster =>
    {
        var random = new Random(Seed);
        for (var i = 0; i < Restarts; i++)
        {
            var (nodes, at) = (random.Next(2) == 0 ? cluster.Gateways : cluster.Devices, random.Next(2));
            var signal = random.Next(2) == 0 ? "TERM" : "KILL";
            var seenBy = nodes == cluster.Gateways ? cluster.Gateways[1 - at] : cluster.Gateway;
            var watch = Stopwatch.StartNew();
            await nodes[at].SignalAsync(signal);
            nodes[at] = await cluster.ReplaceAsync(nodes[at]);
            var started = watch.Elapsed;
            await cluster.WaitForReplicasAsync(2, seenBy);
            await cluster.WaitForReplicasAsync(2, nodes == cluster.Gateways ? nodes[at] : null);
            await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{i}: {(nodes == cluster.Gateways ? "g" : "d")}{at + 1} {signal}, back after {started.TotalSeconds:F1} s, all serves after {watch.Elapsed.TotalSeconds:F1} s"));
        }
    });
}
