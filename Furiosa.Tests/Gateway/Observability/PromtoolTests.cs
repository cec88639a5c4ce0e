using System.Diagnostics;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Observability;

/// <summary>What Prometheus' own tool says of the metrics, the rules and the configuration.</summary>
[TestFixture]
public sealed class PromtoolTests
{
    // Borrowed names that are against Prometheus' advice.
    private static readonly string[] Borrowed = ["vllm:", "furiosa_llm_prefix_cache_"];

    [Test]
    public async Task CheckMetrics_OfABusyServer_ComplainsOfBorrowedNamesOnly()
    {
        var server = await DemoServer.GetAsync();
        Assert.That((await server.PostAsync("/v1/completions", """{"prompt": "x", "max_tokens": 4}""")).Status, Is.EqualTo(200));

        var run = await RunAsync(await server.Http.GetStringAsync("/metrics"), "check", "metrics");

        var complaints = (run.Error + run.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(complaints, Is.Not.Empty, "it says nothing of colons any more: the exceptions can go");
        Assert.That(complaints.Where(line => !Borrowed.Any(beginning => line.StartsWith(beginning, StringComparison.Ordinal))), Is.Empty);
    }

    [TestCase("rules", "rules.yml")]
    [TestCase("config", "prometheus.yml")]
    public async Task Check_OfWhatIsInTheRepository_ComplainsOfNothing(string what, string file)
    {
        var run = await RunAsync("", "check", what, Path.Combine(TestPaths.Root, "monitoring", file));

        Assert.That(run.ExitCode, Is.Zero, run.Error + run.Output);
    }

    private static async Task<ProgramRun> RunAsync(string input, params string[] arguments)
    {
        if (!File.Exists("/usr/bin/promtool")) Assert.Ignore("promtool is not installed (apt-get install prometheus).");
        return await ProgramRun.ToEndAsync(new ProcessStartInfo("/usr/bin/promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }, input);
    }
}
