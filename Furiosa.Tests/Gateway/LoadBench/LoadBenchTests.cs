using System.Text.Json;
using Furiosa.Gateway.LoadBench;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.LoadBench;

/// <summary>The load that <c>bench serve</c> offers and the figures it tells.</summary>
[TestFixture]
public sealed class LoadBenchTests
{
    [TestCase(0.3)]
    [TestCase(1)]
    [TestCase(5)]
    public void Times_AnyBurstiness_KeepTheAskedRateAndNeverStepBack(double burstiness)
    {
        var times = Arrivals.Times(501, _ => 20, burstiness, seed: 7);

        Assert.That(times, Is.Ordered);
        Assert.That(times[^1], Is.EqualTo(500 / 20.0).Within(1e-9));
    }

    [Test]
    public void Times_LargerBurstiness_ComeMoreEvenly()
    {
        static double Unevenness(double burstiness)
        {
            var times = Arrivals.Times(2001, _ => 10, burstiness, seed: 1);
            var gaps = times.Skip(1).Zip(times, (next, time) => next - time).ToList();
            return Math.Sqrt(gaps.Average(gap => Math.Pow(gap - 0.1, 2))) / 0.1;
        }

        // A gamma distribution of shape k deviates by 1/sqrt(k) of its mean.
        Assert.Multiple(() =>
        {
            Assert.That(Unevenness(1), Is.EqualTo(1).Within(0.1));
            Assert.That(Unevenness(4), Is.EqualTo(0.5).Within(0.05));
            Assert.That(Unevenness(0.25), Is.EqualTo(2).Within(0.4));
        });
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Times_RampUp_TakesAsLongAsItsRatesAndGetsFaster(bool isExponential)
    {
        var ramp = new RampUp(isExponential, 2, 32);

        var times = Arrivals.Times(1001, ramp.RateAt, burstiness: 1, seed: 5);

        Assert.That((ramp.RateAt(0), ramp.RateAt(1)), Is.EqualTo((2.0, 32.0)));
        Assert.That(times[^1], Is.EqualTo(Enumerable.Range(1, 1000).Sum(i => 1 / ramp.RateAt(i / 1001.0))).Within(1e-6));
        Assert.That(times[^1] - times[500], Is.LessThan(times[500] / 2));
    }

    [Test]
    public void PrefixRepetition_Prompts_ShareAFewBeginnings()
    {
        var requests = LoadDataset.PrefixRepetition(20, 8, 5, 4, 7, seed: 1);

        Assert.That(requests.GroupBy(request => string.Join(' ', request.Prompt.Split(' ')[..8])).Select(group => group.Count()), Is.EqualTo(new[] { 5, 5, 5, 5 }));
        Assert.That(requests.Select(request => (request.Prompt.Split(' ').Length, request.OutputTokens)), Has.All.EqualTo((13, 7)));
    }

    [Test]
    public void Random_SameSeed_GivesTheSameRequestsWithASharedBeginning()
    {
        var first = LoadDataset.Random(20, 30, 10, 0.5, 8, seed: 3);

        Assert.That(LoadDataset.Random(20, 30, 10, 0.5, 8, seed: 3), Is.EqualTo(first));
        var beginnings = first.Select(request => string.Join(' ', request.Prompt.Split(' ')[..8])).Distinct().ToList();
        Assert.That(beginnings, Has.Count.EqualTo(1));
        Assert.That(first.Select(request => request.Prompt.Split(' ').Length - 8), Has.All.InRange(15, 45));
        Assert.That(first.Select(request => request.OutputTokens), Has.All.InRange(5, 15));
    }

    [Test]
    public void Custom_LineThatIsNoObject_IsNamed()
    {
        using var folder = new TemporaryDirectory();
        var file = Path.Combine(folder.Path, "prompts.jsonl");
        File.WriteAllLines(file, ["{\"prompt\": \"a\", \"output_tokens\": 3}", "nonsense"]);

        Assert.That(() => LoadDataset.Custom(file, 10, 5), Throws.TypeOf<FormatException>().With.Message.Contains("line 2"));
        Assert.That(LoadDataset.Custom(file, 1, 5), Is.EqualTo((LoadRequest[])[new("a", 3)]));
    }

    [Test]
    public void Figures_HandMadeResults_AreThoseOfTheirDefinitions()
    {
        // Two requests of one second and two, side by side for half a second.
        var outcome = new LoadOutcome([new(0, 0.4, 1, [0.3, 0.3], 10, 3, null), new(0.5, 1, 2.5, [1.5], 20, 2, null), new(0, null, 0.1, [], 0, 0, "HTTP 503")], 0, 2.5);
        var options = new LoadOptions { BaseUrl = new Uri("http://127.0.0.1"), Endpoint = "/", Model = "m", Goodput = new Dictionary<string, double> { ["ttft"] = 450 } };

        var figures = new LoadFigures(outcome, options);

        Assert.Multiple(() =>
        {
            Assert.That((figures.Succeeded, figures.Failed, figures.InputTokens, figures.OutputTokens, figures.Good), Is.EqualTo((2, 1, 30L, 5L, (int?)1)));
            Assert.That(figures.PeakConcurrency, Is.EqualTo(2));
            Assert.That(figures.OutputTokensPerSecond, Is.EqualTo(2).Within(1e-9));
            Assert.That(figures.TimeToFirstToken.Mean, Is.EqualTo(450).Within(1e-6));
            Assert.That(figures.TimePerToken.Mean, Is.EqualTo((300 + 1500) / 2.0).Within(1e-6));
            Assert.That(figures.InterTokenLatency.Median, Is.EqualTo(300).Within(1e-6));
            Assert.That(figures.Latency.Values, Is.EqualTo(new[] { 1000.0, 2000 }).Within(1e-6));
            Assert.That(figures.Errors, Is.EqualTo(new[] { ("HTTP 503", 1) }));
        });
    }

    [TestCase("openai")]
    [TestCase("openai-chat")]
    public async Task BenchServe_RunningServer_CountsWhatItWasAsked(string backend)
    {
        var server = await DemoServer.GetAsync();
        using var folder = new TemporaryDirectory();
        var page = Path.Combine(folder.Path, "report.html");

        var run = await ProgramRun.ToEndAsync(
            "bench", "serve", "--base-url", server.Address.ToString(), "--backend", backend, "--num-prompts", "6", "--input-len", "12", "--output-len", "5",
            "--max-concurrency", "2", "--ignore-eos", "--html", page, "--json", "--percentile-metrics", "ttft,e2el", "--label", "mine", "--metadata", "a=b", "--top-k", "5",
            "--logprobs", "1", "--request-id-prefix", "load-", "--tokenizer", "any", "--skip-tokenizer-init");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Multiple(() =>
        {
            Assert.That(json.RootElement.GetProperty("completed").GetInt32(), Is.EqualTo(6));
            Assert.That(json.RootElement.GetProperty("total_output_tokens").GetInt32(), Is.EqualTo(30));
            Assert.That(json.RootElement.GetProperty("max_concurrent_requests").GetInt32(), Is.LessThanOrEqualTo(2));
            Assert.That((json.RootElement.GetProperty("label").GetString(), json.RootElement.GetProperty("a").GetString()), Is.EqualTo(("mine", "b")));
            Assert.That(json.RootElement.GetProperty("model_id").GetString(), Is.EqualTo("furiosa-demo"));
            Assert.That(json.RootElement.TryGetProperty("p99_ttft_ms", out _) && !json.RootElement.TryGetProperty("p99_itl_ms", out _));
            Assert.That(File.ReadAllText(page), Does.Contain("<svg").And.Contain("Successful requests"));
        });
    }

    [Test]
    public async Task BenchThroughput_AsJson_PrintsNothingElse()
    {
        var run = await ProgramRun.ToEndAsync("bench", "throughput", "--num-prompts", "3", "--input-len", "8", "--output-len", "4", "--json");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.That(json.RootElement.GetProperty("num_requests").GetInt32(), Is.EqualTo(3));
    }

    [TestCase("--num-prompts", "bench", "serve", "--num-prompts", "0")]
    [TestCase("--num-prompts", "bench", "throughput", "--num-prompts", "0")]
    [TestCase("--num-iters", "bench", "latency", "--num-iters", "0")]
    [TestCase("--batch-size", "bench", "latency", "--batch-size", "-3")]
    [TestCase("--output-len", "bench", "latency", "--output-len", "0")]
    [TestCase("--goodput", "bench", "serve", "--goodput", "speed:3")]
    [TestCase("--backend", "bench", "serve", "--backend", "tgi")]
    [TestCase("--request-rate", "bench", "serve", "--request-rate", "-1")]
    [TestCase("--ramp-up-start-rps", "bench", "serve", "--ramp-up-strategy", "linear")]
    [TestCase("--percentile-metrics", "bench", "serve", "--percentile-metrics", "speed")]
    [TestCase("no such file", "bench", "serve", "--dataset-name", "custom", "--dataset-path", "/no/such")]
    [TestCase("openai-chat", "bench", "serve", "--chat-template-kwargs", "{}")]
    [TestCase("--chat-template-kwargs", "bench", "serve", "--backend", "openai-chat", "--chat-template-kwargs", "[1")]
    [TestCase("no whole number", "bench", "serve", "--num-prompts", "many")]
    [TestCase("--extra-body", "chat", "--extra-body", "[1", "hello")]
    [TestCase("--tensor-parallel-size", "inspect", "-tp", "3")]
    [TestCase("--admin-port", "cluster", "status", "--admin-port", "x")]
    [TestCase("needs NODE", "cluster", "drain")]
    [TestCase("MODEL and OUTPUT", "build")]
    [TestCase("'fish'", "completion", "tcsh")]
    [TestCase("--dataset-path", "bench", "serve", "--dataset-name", "sharegpt")]
    [TestCase("--url", "devices", "--url", "nowhere")]
    public async Task WrongArgument_IsNamedInOneLine(string named, params string[] arguments)
    {
        var run = await ProgramRun.ToEndAsync(arguments);

        Assert.That((run.ExitCode, run.Error.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)));
        Assert.That(run.Error, Does.Contain(named));
    }

    [TestCase("--url", "devices", "--url", "http://127.0.0.1:1")]
    [TestCase("--url", "chat", "--url", "http://127.0.0.1:1", "hello")]
    [TestCase("--base-url", "bench", "serve", "--base-url", "http://127.0.0.1:1")]
    [TestCase("--admin-port", "cluster", "status", "--admin-port", "1")]
    public async Task ServerThatIsNotThere_IsOneLineWithTheRemedy(string remedy, params string[] arguments)
    {
        var run = await ProgramRun.ToEndAsync(arguments);

        Assert.That((run.ExitCode, run.Output, run.Error.TrimEnd().Split('\n').Length), Is.EqualTo((1, "", 1)), run.Error);
        Assert.That(run.Error, Does.StartWith("furiosa-llm: No ").And.Contain(remedy));
    }
}
