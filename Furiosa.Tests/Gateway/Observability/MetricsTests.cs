using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Observability;

/// <summary>Every metric under load, beside what the clients counted themselves.</summary>
[TestFixture]
public sealed class MetricsTests
{
    private const string Completions = "/v1/completions";

    [Test]
    public async Task Metrics_UnderLoad_AreWhatClientsCounted()
    {
        await using var server = await TestServer.StartAsync("furiosa { tensor-parallel-size = 2, data-parallel-size = 2 }");
        var bodies = Enumerable.Range(0, 40).Select(Body).ToList();

        var answers = await Task.WhenAll(bodies.Select(body => AnswerAsync(server, body)));
        var refused = await server.PostAsync(Completions, """{"prompt": "x", "temperature": -1}""");
        await server.Http.PostAsync("/metrics", null);
        var choices = answers.SelectMany(answer => answer.ChoiceTokens).ToList();
        var computed = answers.Sum(answer => answer.Prompt - answer.Cached) + choices.Sum(tokens => tokens - 1);
        // Replicas and stages report a moment later; what they report must then be right.
        var metrics = await SettledAsync(server, now => now.Find("vllm:prefix_cache_queries_total") == answers.Sum(answer => answer.Prompt)
            && now.Find("furiosa_llm_step_tokens_total") >= computed && now.Find("vllm:iteration_tokens_total_count") == now.Find("furiosa_llm_steps_total"));

        Assert.That(refused.Status, Is.EqualTo(400));
        foreach (var family in new[] { "vllm:", "furiosa_llm_" })
        {
            Assert.That(metrics.Sum(family + "prompt_tokens_total"), Is.EqualTo(answers.Sum(answer => answer.Prompt)));
            Assert.That(metrics.Sum(family + "generation_tokens_total"), Is.EqualTo(answers.Sum(answer => answer.Completion)));
            Assert.That(metrics.Sum(family + "request_success_total"), Is.EqualTo(bodies.Count));
            Assert.That(metrics.Sum(family + "request_success_total", "finished_reason=\"length\""), Is.EqualTo(answers.Count(answer => answer.Finish == "length")));
            Assert.That(metrics.Sum(family + "request_success_total", "finished_reason=\"stop\""), Is.EqualTo(answers.Count(answer => answer.Finish == "stop")));
            Assert.That(metrics.Sum(family + "request_prompt_tokens_sum"), Is.EqualTo(answers.Sum(answer => answer.Prompt)));
            Assert.That(metrics.Sum(family + "request_generation_tokens_sum"), Is.EqualTo(answers.Sum(answer => answer.Completion)));
            Assert.That(metrics.Sum(family + "request_params_n_sum"), Is.EqualTo(bodies.Sum(body => (int)body["n"]!)));
            Assert.That(metrics.Sum(family + "request_params_max_tokens_sum"), Is.EqualTo(bodies.Sum(body => (int)body["max_tokens"]!)));
            Assert.That(metrics.Sum(family + "time_to_first_token_seconds_count"), Is.EqualTo(bodies.Count));
            Assert.That(metrics.Sum(family + "e2e_request_latency_seconds_count"), Is.EqualTo(bodies.Count));
            Assert.That(metrics.Sum(family + "inter_token_latency_seconds_count"), Is.EqualTo(choices.Sum(tokens => tokens - 1)));
            Assert.That(metrics.Sum(family + "num_requests_running") + metrics.Sum(family + "num_requests_waiting"), Is.Zero);
        }
        Assert.That(metrics.Sum("vllm:prefix_cache_hits_total"), Is.EqualTo(answers.Sum(answer => answer.Cached)));
        Assert.That(metrics.Sum("furiosa_llm_prefix_cache_hits"), Is.EqualTo(answers.Sum(answer => answer.Cached)));
        Assert.That(metrics.Sum("vllm:prompt_tokens_cached_total"), Is.EqualTo(answers.Sum(answer => answer.Cached)));
        Assert.That(metrics.Sum("vllm:prompt_tokens_by_source_total", "local_compute"), Is.EqualTo(answers.Sum(answer => answer.Prompt - answer.Cached)));
        foreach (var name in new[] { "queue_time", "prefill_time", "decode_time", "inference_time" }) Assert.That(metrics.Sum($"vllm:request_{name}_seconds_count"), Is.EqualTo(bodies.Count), name);
        Assert.That(metrics.Sum("vllm:kv_cache_usage_perc"), Is.Zero);
        Assert.That(metrics.Sum("furiosa_llm_request_received_total"), Is.EqualTo(bodies.Count + 1));
        Assert.That(metrics.Sum("furiosa_llm_request_failure_total"), Is.EqualTo(1));
        Assert.That(metrics.Sum("http_requests_total", "handler=\"/v1/completions\"", "status=\"2xx\""), Is.EqualTo(bodies.Count));
        // A request's times make up the whole of it.
        Assert.That(Seconds("request_queue_time") + Seconds("request_inference_time"), Is.EqualTo(Seconds("e2e_request_latency")).Within(1e-3));
        Assert.That(Seconds("request_prefill_time") + Seconds("request_decode_time"), Is.LessThanOrEqualTo(Seconds("request_inference_time") + 1e-3));
        AssertSteps(metrics, computed);

        double Seconds(string name) => metrics.Sum($"vllm:{name}_seconds_sum");
    }

    /// <summary>
    /// The names that dashboards and routers know. What is not here is of what is not here: speculation, transfer and offload of caches,
    /// estimates of a GPU's work, websockets, and vLLM's opt-in life times of blocks.
    /// </summary>
    [Test]
    public async Task Metrics_HaveTheNamesThatAreKnownElsewhere()
    {
        string[] plain =
        [
            "num_requests_running", "num_requests_waiting", "num_requests_waiting_by_reason", "kv_cache_usage_perc", "gpu_cache_usage_perc", "engine_sleep_state", "lora_requests_info", "cache_config_info",
            "prefix_cache_queries_total", "prefix_cache_hits_total", "external_prefix_cache_queries_total", "external_prefix_cache_hits_total", "mm_cache_queries_total", "mm_cache_hits_total",
            "num_preemptions_total", "prompt_tokens_total", "prompt_tokens_by_source_total", "prompt_tokens_cached_total", "generation_tokens_total", "request_success_total", "corrupted_requests_total",
            "tool_call_parser_invocations_total",
        ];
        string[] histograms =
        [
            "time_to_first_token_seconds", "inter_token_latency_seconds", "time_per_output_token_seconds", "request_time_per_output_token_seconds", "e2e_request_latency_seconds", "request_queue_time_seconds",
            "request_inference_time_seconds", "request_prefill_time_seconds", "request_decode_time_seconds", "request_prompt_tokens", "request_generation_tokens", "iteration_tokens_total",
            "request_max_num_generation_tokens", "request_params_n", "request_params_max_tokens", "request_prefill_kv_computed_tokens",
        ];
        string[] own =
        [
            "num_requests_running", "num_requests_waiting", "kv_cache_usage_percent", "prefix_cache_hits", "prefix_cache_queries", "prompt_tokens_total", "generation_tokens_total", "request_success_total",
            "request_prompt_tokens_bucket", "request_generation_tokens_bucket", "request_params_n_bucket", "request_params_max_tokens_bucket", "time_to_first_token_seconds_bucket",
            "inter_token_latency_seconds_bucket", "e2e_request_latency_seconds_bucket", "cache_config_info",
        ];
        var server = await DemoServer.GetAsync();

        var names = plain.Select(name => "vllm:" + name).Concat(histograms.SelectMany(name => new[] { "bucket", "sum", "count" }.Select(part => $"vllm:{name}_{part}"))).Concat(own.Select(name => "furiosa_llm_" + name));
        // Stages report after a step.
        await server.PostAsync(Completions, new JObject { ["prompt"] = "One", ["max_tokens"] = 1 }.ToString());
        var metrics = await SettledAsync(server, now => now.Has("furiosa_llm_step_seconds_total") && now.Has("vllm:cache_config_info"));
        Assert.That(names.Where(name => !metrics.Has(name)), Is.Empty);
    }

    [Test]
    public async Task Metrics_OfAStreamLeft_CountAnAbort()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, aborted) => ScriptedRuntime.Endless(aborted));
        await using (server)
        {
            using (var stream = await server.Http.OpenStreamAsync(Completions, new JObject { ["prompt"] = "x", ["max_tokens"] = 100 })) await stream.NextAsync();

            await SettledAsync(server, now => now.Find("vllm:request_success_total", "finished_reason=\"abort\"") == 1);
        }
    }

    [Test]
    public async Task Metrics_OfARequestThatFails_CountAnErrorAndItsCode()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => ScriptedRuntime.Fail(Furiosa.Actors.Protocol.FailureKind.ComputeFault, 2));
        await using (server)
        {
            var (status, body) = await server.PostAsync(Completions, """{"prompt": "x", "max_tokens": 100}""");
            var metrics = await SettledAsync(server, now => now.Find("vllm:request_success_total", "finished_reason=\"error\"") == 1);

            Assert.That(status, Is.EqualTo(500));
            Assert.That(metrics.Sum("furiosa_llm_request_failure_total", $"code=\"{(string?)body["error"]!["code"] ?? (string?)body["error"]!["type"]}\""), Is.EqualTo(1));
        }
    }

    /// <summary>A cache of 64 blocks, too small for all that run, who want 84: sequences give way, are computed again, and are counted.</summary>
    [Test]
    public async Task Metrics_OfAFullCache_CountPreemptions()
    {
        await using var server = await TestServer.StartAsync("furiosa { tensor-parallel-size = 1, data-parallel-size = 1, max-model-len = 256, kv-cache.memory = 16 MiB }");
        using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };

        // Choices of one request, which run side by side however busy the machine is: requests could come so far apart that there is room for all.
        var (_, answer) = await server.PostAsync(Completions, """{"prompt": "Story", "n": 6, "max_tokens": 220, "ignore_eos": true, "temperature": 1, "seed": 1}""");
        var metrics = await SettledAsync(server, now => now.Find("vllm:num_preemptions_total") > 0 && now.Find("furiosa_llm_steps_total") == now.Find("vllm:iteration_tokens_total_count"));

        Assert.That((int)answer["usage"]!["completion_tokens"]!, Is.EqualTo(6 * 220));
        Assert.That(metrics.Sum("vllm:generation_tokens_total"), Is.EqualTo(6 * 220));
        Assert.That(metrics.Sum("furiosa_llm_preemptions_total"), Is.EqualTo((double)(await admin.GetJsonAsync("/admin/api/state"))["replicas"]![0]!["preemptions"]!));
        Assert.That(metrics.Sum("furiosa_llm_kv_blocks"), Is.EqualTo(metrics.Sum("furiosa_llm_kv_blocks", "state=\"free\"") + metrics.Sum("furiosa_llm_kv_blocks", "state=\"cached\"")));
    }

    [Test]
    public async Task Metrics_AreGetOnlyAndNeedNoKey()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.http.api-keys = [secret]");
        await using (server)
        {
            using var get = await server.Http.GetAsync("/metrics");
            using var post = await server.Http.PostAsync("/metrics", null);

            Assert.That(get.Content.Headers.ContentType!.ToString(), Does.StartWith("text/plain"));
            Assert.That((int)post.StatusCode, Is.EqualTo(405));
        }
    }

    private static void AssertSteps(MetricsText metrics, int computed)
    {
        // A step computes each prompt token that no cache held, and each token but a choice's last; stop strings may cost one more.
        Assert.That(metrics.Sum("furiosa_llm_step_tokens_total"), Is.InRange(computed, computed + 40));
        Assert.That(metrics.Sum("vllm:iteration_tokens_total_sum"), Is.EqualTo(metrics.Sum("furiosa_llm_step_tokens_total")).Within(1e-6));
        Assert.That(metrics.Sum("vllm:iteration_tokens_total_count"), Is.EqualTo(metrics.Sum("furiosa_llm_steps_total")));
        foreach (var part in new[] { "products", "attention", "collectives", "sampling" }) Assert.That(metrics.Sum("furiosa_llm_step_seconds_total", $"part=\"{part}\""), Is.Positive, part);
        Assert.That(metrics.Sum("furiosa_llm_pe_busy_seconds_total", "engine=\"1\"", "pe=\"npu:0:2\""), Is.Positive);
        foreach (var engine in new[] { "engine=\"0\"", "engine=\"1\"" })
        {
            // The parts of a step are all of it: what its elements computed, and what they waited with it at hand.
            var parts = metrics.Sum("furiosa_llm_step_seconds_total", engine);
            var busy = metrics.Sum("furiosa_llm_pe_busy_seconds_total", engine) / 2;
            Assert.That(parts - metrics.Sum("furiosa_llm_step_seconds_total", engine, "part=\"waiting\""), Is.EqualTo(busy).Within(1e-6));
            Assert.That(metrics.Sum("furiosa_llm_pe_utilization_ratio", engine), Is.InRange(0, 2));
        }
        Assert.That(metrics.Sum("furiosa_llm_pipeline_bubble_seconds_total"), Is.Not.Negative);
    }

    private static JObject Body(int i) => new()
    {
        ["prompt"] = i % 3 == 0 ? $"{i} + {i + 1} =" : string.Concat(Enumerable.Repeat("Once upon a time there was a cat. ", 1 + (i % 5))),
        ["max_tokens"] = 2 + (i % 9),
        ["temperature"] = i % 2 == 0 ? 0 : 1,
        ["seed"] = i,
        ["n"] = 1 + (i % 2),
        ["stop"] = i % 4 == 0 ? new JArray("a") : null,
        ["stream"] = i % 2 == 0,
        ["stream_options"] = i % 2 == 0 ? new JObject { ["include_usage"] = true } : null,
        ["return_token_ids"] = true,
    };

    private static async Task<Counted> AnswerAsync(TestServer server, JObject body)
    {
        if (!(bool)body["stream"]!) return Counted.Of([(await server.PostAsync(Completions, body.ToString())).Body]);
        return Counted.Of([.. (await server.StreamAsync(Completions, body.ToString())).SkipLast(1).Select(JObject.Parse)]);
    }

    private static async Task<MetricsText> SettledAsync(TestServer server, Func<MetricsText, bool> condition)
    {
        MetricsText? now = null;
        using var timeout = new CancellationTokenSource(Patience.Longest);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do now = await MetricsText.ReadAsync(server.Http);
        while (!condition(now) && !timeout.IsCancellationRequested && await timer.WaitForNextTickAsync());
        Assert.That(condition(now), $"what must come of itself did not: {now.Text}");
        return now;
    }

    /// <summary>What a client counts of an answer.</summary>
    private sealed record Counted(int Prompt, int Completion, int Cached, string Finish, IReadOnlyList<int> ChoiceTokens)
    {
        public static Counted Of(IReadOnlyList<JObject> chunks)
        {
            var usage = chunks[^1]["usage"]!;
            var choices = chunks.SelectMany(chunk => chunk["choices"]!).GroupBy(choice => (int)choice["index"]!).ToList();
            var tokens = choices.Select(choice => choice.Sum(part => part["token_ids"] is JArray ids ? ids.Count : 0)).ToList();
            var finish = choices.Any(choice => choice.Any(part => (string?)part["finish_reason"] == "length")) ? "length" : "stop";
            return new((int)usage["prompt_tokens"]!, (int)usage["completion_tokens"]!, (int)usage["prompt_tokens_details"]!["cached_tokens"]!, finish, tokens);
        }
    }
}
