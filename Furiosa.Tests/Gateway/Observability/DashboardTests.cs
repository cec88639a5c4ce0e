using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Observability;

/// <summary>Every query of the dashboard and every rule, asked of a real Prometheus that watches a server under load.</summary>
[TestFixture]
public sealed class DashboardTests
{
    private const string Program = "/usr/bin/prometheus";

    // What Grafana would put in: enough for two samples at the pace below.
    private static readonly (string Variable, string Value)[] Variables = [("$__rate_interval", "10s"), ("$model", ".*")];

    private static readonly string Monitoring = Path.Combine(TestPaths.Root, "monitoring");

    private static readonly JObject Dashboard = JObject.Parse(File.ReadAllText(Path.Combine(Monitoring, "grafana", "dashboards", "furiosa.json")));

    private static IEnumerable<(string Title, string Query)> Queries =>
        from panel in Dashboard["panels"]!
        from target in panel["targets"] ?? new JArray()
        select ((string)panel["title"]!, Variables.Aggregate((string)target["expr"]!, (query, one) => query.Replace(one.Variable, one.Value, StringComparison.Ordinal)));

    /// <summary>Grafana itself is not to be had where these tests run: what it reads must at least fit together.</summary>
    [Test]
    public void Dashboard_FitsItsProvisioningAndItself()
    {
        var source = Value(File.ReadAllText(Path.Combine(Monitoring, "grafana", "provisioning", "datasources", "prometheus.yml")), "uid");
        var folder = Value(File.ReadAllText(Path.Combine(Monitoring, "grafana", "provisioning", "dashboards", "furiosa.yml")), "path");
        var panels = Dashboard["panels"]!.ToList();

        Assert.That(Dashboard.SelectTokens("$..datasource.uid").Select(uid => (string?)uid), Has.All.EqualTo(source).And.Exactly(panels.Count + 1).Items);
        Assert.That(File.ReadAllText(Path.Combine(Monitoring, "compose.yml")), Does.Contain($"./monitoring/grafana/dashboards:{folder}:ro"));
        Assert.That(panels.Select(panel => (int)panel["id"]!), Is.Unique);
        Assert.That(panels.Select(panel => (string?)panel.SelectToken("fieldConfig.defaults.unit")), Has.None.Null);
        var cells = panels.Select(panel => panel["gridPos"]!).SelectMany(at =>
            from x in Enumerable.Range((int)at["x"]!, (int)at["w"]!) from y in Enumerable.Range((int)at["y"]!, (int)at["h"]!) select (x, y)).ToList();
        Assert.That(cells, Is.Unique);
        Assert.That(cells.Select(cell => cell.x), Has.All.InRange(0, 23));

        static string Value(string yaml, string key) => yaml.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith($"{key}: ", StringComparison.Ordinal))[(key.Length + 2)..];
    }

    [Test]
    public async Task EveryQuery_UnderLoad_GivesNumbers()
    {
        if (!File.Exists(Program)) Assert.Ignore("Prometheus is not installed (apt-get install prometheus).");
        await using var server = await TestServer.StartAsync("furiosa { tensor-parallel-size = 2, pipeline-parallel-size = 2 }");
        using var folder = new TemporaryDirectory();
        File.Copy(Path.Combine(Monitoring, "rules.yml"), Path.Combine(folder.Path, "rules.yml"));
        var config = folder.Write("prometheus.yml", $"""
            global: {"{"} scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s {"}"}
            rule_files: [rules.yml]
            scrape_configs:
              - job_name: furiosa
                static_configs:
                  - targets: ["{server.Address.Authority}"]
            """);
        var address = $"127.0.0.1:{FreePort.Find()}";
        using var prometheus = Process.Start(new ProcessStartInfo(Program,
            [$"--config.file={config}", $"--storage.tsdb.path={Path.Combine(folder.Path, "data")}", $"--web.listen-address={address}", "--log.level=error"])
        { RedirectStandardError = true })!;
        try
        {
            using var asked = new HttpClient { BaseAddress = new Uri($"http://{address}") };
            using var patience = new CancellationTokenSource(Patience.Longest);
            List<string> left = ["nothing was asked yet"];
            while (left.Count > 0)
            {
                Assert.That(patience.IsCancellationRequested, Is.False, string.Join('\n', left));
                // One that is refused for what it asks, and some that say the same twice.
                await server.PostAsync("/v1/completions", """{"prompt": "x", "temperature": -1}""");
                await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.PostAsync("/v1/completions", """{"prompt": "Once upon a time there was a cat that sat on a mat.", "max_tokens": 8}""")));
                left = await WithoutNumbersAsync(asked);
            }
            var rules = JObject.Parse(await asked.GetStringAsync("/api/v1/rules"));
            Assert.That(rules.SelectTokens("$.data.groups[*].rules[*].health").Select(health => (string?)health), Has.All.EqualTo("ok"));
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync();
        }
    }

    private static async Task<List<string>> WithoutNumbersAsync(HttpClient prometheus)
    {
        var left = new List<string>();
        foreach (var (title, query) in Queries)
        {
            try
            {
                var answer = JObject.Parse(await prometheus.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}"));
                var values = answer.SelectTokens("$.data.result[*].value[1]").Select(value => (string)value!).ToList();
                if (values.Count == 0 || values.Contains("NaN")) left.Add($"{title}: {query}: {string.Join(", ", values)}");
            }
            catch (HttpRequestException refused)
            {
                // It does not listen yet, or the query is wrong.
                left.Add($"{title}: {query}: {refused.Message}");
            }
        }
        return left;
    }
}
