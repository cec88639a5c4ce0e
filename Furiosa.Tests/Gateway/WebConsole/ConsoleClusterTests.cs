using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.WebConsole;

/// <summary>The console of a real cluster, used by a script in a real browser (<c>Node/console-cluster.mjs</c>): loads, drain, loss.</summary>
[TestFixture]
public sealed class ConsoleClusterTests
{
    [Test]
    public async Task Console_OfAGatewayWithTwoDeviceNodes_ShowsAndSteersThem()
    {
        var browser = Browser.Require();
        _ = NodePackages.RequireFile("playwright-core", "package.json");
        using var folder = new TemporaryDirectory();
        // A lost node stays in the picture for as long as the test looks at it.
        var config = folder.Write("cluster.conf", "furiosa.cluster { down-after = 5 min, silence-timeout = 1500 ms }");
        await using var cluster = await TestCluster.StartAsync(2, "--config", config, "-tp", "2", "--devices", "npu:0:0-1");
        var start = new ProcessStartInfo("node",
        [
            Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node", "console-cluster.mjs"), browser, cluster.Gateway.Admin!.ToString().TrimEnd('/'),
            cluster.Gateway.Http!.BaseAddress!.ToString().TrimEnd('/'), $"{cluster.Devices[1].ProcessId}",
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var run = await ProgramRun.ToEndAsync(start, longest: TimeSpan.FromMinutes(5));

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var results = JObject.Parse(run.Output).Properties().Select(check => (check.Name, (string?)check.Value));
        Assert.That(results, Is.EqualTo(new[] { ("nodes", (string?)null), ("drain", null), ("lost", null) }), cluster.Gateway.Output);
    }
}
