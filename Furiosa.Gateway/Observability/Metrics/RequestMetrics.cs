using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>What is counted of requests, at the gateway, where their clients count too. A prompt of a list counts as a request.</summary>
internal sealed class RequestMetrics
{
    /// <summary>Replicas that are told apart in the totals for the log.</summary>
    public const int MostEngines = 256;

    private static readonly string[] Reasons = ["stop", "length", "abort", "error", "repetition"];
    private readonly Counter _received;
    private readonly Counter _failed;
    private readonly Family _promptTokens;
    private readonly Family _cachedTokens;
    private readonly Family _bySource;
    private readonly Family _generationTokens;
    private readonly Family _success;
    private readonly Family _parsed;
    private readonly HistogramFamily _firstToken;
    private readonly HistogramFamily _interToken;
    private readonly HistogramFamily _perToken;
    private readonly HistogramFamily _latency;
    private readonly HistogramFamily _queue;
    private readonly HistogramFamily _inference;
    private readonly HistogramFamily _prefill;
    private readonly HistogramFamily _decode;
    private readonly HistogramFamily _requestPrompt;
    private readonly HistogramFamily _requestGeneration;
    private readonly HistogramFamily _longestChoice;
    private readonly HistogramFamily _choices;
    private readonly HistogramFamily _maxTokens;
    private readonly HistogramFamily _computedPrompt;
    private readonly TimeProvider _clock;
    private readonly long[] _promptByEngine = new long[MostEngines];
    private readonly long[] _generationByEngine = new long[MostEngines];
    private long _ended;

    public RequestMetrics(CollectorRegistry registry, Families families, string model, int engines, int maxModelLen, TimeProvider clock)
    {
        _clock = clock;
        (FirstTokenSeconds, InterTokenSeconds) = (new(clock), new(clock));
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        _received = factory.CreateCounter("furiosa_llm_request_received_total", "Generation requests that came in.");
        _failed = factory.CreateCounter("furiosa_llm_request_failure_total", "Generation requests that were refused or failed.", "code");
        _promptTokens = families.Counter("Prompt tokens of requests that have begun.", ["vllm:prompt_tokens_total", "furiosa_llm_prompt_tokens_total"]);
        _cachedTokens = families.Counter("Prompt tokens that the prefix cache held.", ["vllm:prompt_tokens_cached_total"]);
        _bySource = families.Counter("Prompt tokens by where their keys and values came from.", ["vllm:prompt_tokens_by_source_total"], "source");
        _generationTokens = families.Counter("Tokens generated, also of samples that best_of leaves out.", ["vllm:generation_tokens_total", "furiosa_llm_generation_tokens_total"]);
        _success = families.Counter("Requests that have ended, by reason.", ["vllm:request_success_total", "furiosa_llm_request_success_total"], "finished_reason");
        _parsed = families.Counter("Choices whose text was searched for tool calls.", ["vllm:tool_call_parser_invocations_total"]);
        _firstToken = families.Histogram("Seconds from the arrival of a request to its first token.",
            ("vllm:time_to_first_token_seconds", Buckets.FirstToken), ("furiosa_llm_time_to_first_token_seconds", Buckets.ReferenceFirstToken));
        _interToken = families.Histogram("Seconds between a choice's tokens.",
            ("vllm:inter_token_latency_seconds", Buckets.PerToken), ("vllm:time_per_output_token_seconds", Buckets.PerToken), ("furiosa_llm_inter_token_latency_seconds", Buckets.ReferencePerToken));
        _perToken = families.Histogram("Seconds per token of a request after its first.",
            ("vllm:request_time_per_output_token_seconds", Buckets.PerToken), ("furiosa_llm_time_per_output_token_seconds", Buckets.ReferencePerToken));
        _latency = families.Histogram("Seconds from the arrival of a request to its end.",
            ("vllm:e2e_request_latency_seconds", Buckets.Request), ("furiosa_llm_e2e_request_latency_seconds", Buckets.ReferenceRequest));
        _queue = families.Histogram("Seconds from the arrival of a request to its first step.", ("vllm:request_queue_time_seconds", Buckets.Request));
        _inference = families.Histogram("Seconds from the first step of a request to its end.", ("vllm:request_inference_time_seconds", Buckets.Request));
        _prefill = families.Histogram("Seconds from the first step of a request to its first token.", ("vllm:request_prefill_time_seconds", Buckets.Request));
        _decode = families.Histogram("Seconds from the first token of a request to its last.", ("vllm:request_decode_time_seconds", Buckets.Request));
        var tokens = Buckets.Tokens(maxModelLen);
        _requestPrompt = families.Histogram("Prompt tokens of a request.", ("vllm:request_prompt_tokens", tokens), ("furiosa_llm_request_prompt_tokens", tokens));
        _requestGeneration = families.Histogram("Tokens generated for a request.", ("vllm:request_generation_tokens", tokens), ("furiosa_llm_request_generation_tokens", tokens));
        _longestChoice = families.Histogram("Tokens of a request's longest choice.", ("vllm:request_max_num_generation_tokens", tokens));
        _choices = families.Histogram("Choices that a request asks for.", ("vllm:request_params_n", Buckets.Choices), ("furiosa_llm_request_params_n", Buckets.Choices));
        _maxTokens = families.Histogram("Most tokens that a request allows for a choice.", ("vllm:request_params_max_tokens", tokens), ("furiosa_llm_request_params_max_tokens", tokens));
        _computedPrompt = families.Histogram("Prompt tokens of a request that were computed, not found in a cache.", ("vllm:request_prefill_kv_computed_tokens", tokens));
        for (var engine = 0; engine < Math.Max(1, engines); engine++) Show(engine);
    }

    /// <summary>Latencies of late, for the console and the log.</summary>
    public RecentValues FirstTokenSeconds { get; }

    public RecentValues InterTokenSeconds { get; }

    public long PromptTokens => Enumerable.Range(0, _promptByEngine.Length).Sum(PromptTokensOf);

    public long GenerationTokens => Enumerable.Range(0, _generationByEngine.Length).Sum(GenerationTokensOf);

    /// <summary>Requests that have ended.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    public long PromptTokensOf(int engine) => Interlocked.Read(ref _promptByEngine[engine]);

    public long GenerationTokensOf(int engine) => Interlocked.Read(ref _generationByEngine[engine]);

    public void Receive() => _received.Inc();

    public void Start(RequestRecord record, PromptRecord prompt)
    {
        var engine = prompt.Replica ?? 0;
        _promptTokens.Add(engine, prompt.PromptTokens);
        _cachedTokens.Add(engine, prompt.CachedTokens);
        _bySource.Add(engine, prompt.PromptTokens - prompt.CachedTokens, "local_compute");
        _bySource.Add(engine, prompt.CachedTokens, "local_cache_hit");
        _choices.Observe(engine, record.Asked!.ChoiceCount);
        _maxTokens.Observe(engine, record.MaxTokens);
        _requestPrompt.Observe(engine, prompt.PromptTokens);
        _computedPrompt.Observe(engine, prompt.PromptTokens - prompt.CachedTokens);
        _queue.Observe(engine, Seconds(record.ArrivedAt, prompt.StartedAt!.Value));
        if (engine < _promptByEngine.Length) Interlocked.Add(ref _promptByEngine[engine], prompt.PromptTokens);
    }

    /// <summary>Tokens that came together share the time since the one before them.</summary>
    public void AddTokens(RequestRecord record, PromptRecord prompt, int count, bool isFirst, long? before, long now)
    {
        var engine = prompt.Replica ?? 0;
        _generationTokens.Add(engine, count);
        if (engine < _generationByEngine.Length) Interlocked.Add(ref _generationByEngine[engine], count);
        if (isFirst)
        {
            var seconds = Seconds(record.ArrivedAt, now);
            _firstToken.Observe(engine, seconds);
            FirstTokenSeconds.Add(seconds);
        }
        var gaps = before is null ? count - 1 : count;
        if (gaps == 0) return;
        var each = before is null ? 0 : Seconds(before.Value, now) / gaps;
        _interToken.Observe(engine, each, gaps);
        InterTokenSeconds.Add(each);
    }

    public void End(RequestRecord record, PromptRecord prompt)
    {
        var (engine, ended) = (prompt.Replica ?? 0, prompt.EndedAt!.Value);
        if (prompt.StartedAt is null && prompt.FinishReason == "error") return; // refused before it began
        _success.Add(engine, 1, prompt.FinishReason!);
        Interlocked.Increment(ref _ended);
        if (prompt.FinishReason is "abort" or "error") return;
        _latency.Observe(engine, Seconds(record.ArrivedAt, ended));
        _requestGeneration.Observe(engine, prompt.GeneratedTokens);
        _longestChoice.Observe(engine, prompt.LongestChoice);
        if (prompt.StartedAt is not { } started) return;
        _inference.Observe(engine, Seconds(started, ended));
        if (prompt.FirstTokenAt is not { } first) return;
        var decode = Seconds(first, prompt.LastTokenAt!.Value);
        _prefill.Observe(engine, Seconds(started, first));
        _decode.Observe(engine, decode);
        if (prompt.LongestChoice > 1) _perToken.Observe(engine, decode / (prompt.LongestChoice - 1));
    }

    /// <summary>The whole request has ended.</summary>
    public void Finish(RequestRecord record)
    {
        if (record.ErrorCode is { } code) _failed.WithLabels(code).Inc();
        if (record.ParsesTools && record.Prompts.Count > 0) _parsed.Add(record.Prompts[0].Replica ?? 0, record.Prompts.Count * record.Asked!.SampleCount);
    }

    private double Seconds(long from, long to) => _clock.GetElapsedTime(from, to).TotalSeconds;

    // A dashboard's rate of what has not happened yet is nought, not nothing.
    private void Show(int engine)
    {
        foreach (var counter in new[] { _promptTokens, _cachedTokens, _generationTokens, _parsed }) counter.Add(engine, 0);
        foreach (var source in new[] { "local_compute", "local_cache_hit" }) _bySource.Add(engine, 0, source);
        foreach (var reason in Reasons) _success.Add(engine, 0, reason);
        foreach (var histogram in new[]
        {
            _firstToken, _interToken, _perToken, _latency, _queue, _inference, _prefill, _decode, _requestPrompt, _requestGeneration,
            _longestChoice, _choices, _maxTokens, _computedPrompt,
        })
        {
            histogram.Show(engine);
        }
    }
}
