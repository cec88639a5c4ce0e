using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Furiosa.Gateway.LoadBench;

/// <summary>A run's figures as <c>vllm bench serve</c> prints and saves them.</summary>
internal static class LoadReport
{
    private const int Width = 50;

    /// <summary>The block that is printed.</summary>
    public static string Text(LoadFigures figures, LoadOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine(Rule(" Serving Benchmark Result ", '='));
        Line("Successful requests:", Whole(figures.Succeeded));
        Line("Failed requests:", Whole(figures.Failed));
        if (options.MaxConcurrency is { } most) Line("Maximum request concurrency:", Whole(most));
        if (options.Ramp is { } ramp) Line("Request rate configured (RPS):", $"{Number(ramp.Start)} to {Number(ramp.End)}");
        else if (!double.IsPositiveInfinity(options.RequestRate)) Line("Request rate configured (RPS):", Number(options.RequestRate));
        Line("Benchmark duration (s):", Number(figures.Duration));
        Line("Total input tokens:", Whole(figures.InputTokens));
        Line("Total generated tokens:", Whole(figures.OutputTokens));
        Line("Request throughput (req/s):", Number(figures.RequestsPerSecond));
        if (figures.GoodPerSecond is { } good) Line("Request goodput (req/s):", Number(good));
        Line("Output token throughput (tok/s):", Number(figures.OutputTokensPerSecond));
        Line("Peak output token throughput (tok/s):", Number(figures.PeakTokensPerSecond));
        Line("Peak concurrent requests:", Number(figures.PeakConcurrency));
        Line("Total token throughput (tok/s):", Number(figures.TokensPerSecond));
        foreach (var (name, title, spread) in Blocks(figures, options)) Block(title, name.ToUpperInvariant(), spread);
        text.AppendLine(new string('=', Width));
        foreach (var (error, count) in figures.Errors) text.AppendLine(CultureInfo.InvariantCulture, $"{count} failed: {error}");
        return text.ToString();

        void Line(string name, string value) => text.Append(name.PadRight(40)).AppendLine(value);

        void Block(string title, string name, Spread spread)
        {
            text.AppendLine(Rule(title, '-'));
            Line($"Mean {name} (ms):", Number(spread.Mean));
            Line($"Median {name} (ms):", Number(spread.Median));
            foreach (var (percent, value) in spread.Percentiles) Line($"P{Percent(percent)} {name} (ms):", Number(value));
        }
    }

    /// <summary>The object that is saved and printed with <c>--json</c>.</summary>
    /// <param name="figures">What was measured.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="outcome">Given when every single request is to be told of too.</param>
    /// <param name="now">The date of the result.</param>
    public static JsonObject Json(LoadFigures figures, LoadOptions options, LoadOutcome? outcome, DateTimeOffset now)
    {
        var json = new JsonObject
        {
            ["date"] = now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture),
            ["backend"] = options.IsChat ? "openai-chat" : "openai",
            ["model_id"] = options.Model,
            ["num_prompts"] = figures.Succeeded + figures.Failed,
            ["request_rate"] = double.IsPositiveInfinity(options.RequestRate) ? "inf" : options.RequestRate,
            ["burstiness"] = options.Burstiness,
            ["max_concurrency"] = options.MaxConcurrency,
            ["duration"] = figures.Duration,
            ["completed"] = figures.Succeeded,
            ["failed"] = figures.Failed,
            ["total_input_tokens"] = figures.InputTokens,
            ["total_output_tokens"] = figures.OutputTokens,
            ["request_throughput"] = figures.RequestsPerSecond,
            ["request_goodput"] = figures.GoodPerSecond,
            ["output_throughput"] = figures.OutputTokensPerSecond,
            ["total_token_throughput"] = figures.TokensPerSecond,
            ["max_output_tokens_per_s"] = figures.PeakTokensPerSecond,
            ["max_concurrent_requests"] = figures.PeakConcurrency,
        };
        if (options.Ramp is { } ramp)
        {
            json["ramp_up_strategy"] = ramp.IsExponential ? "exponential" : "linear";
            (json["ramp_up_start_rps"], json["ramp_up_end_rps"]) = (ramp.Start, ramp.End);
        }
        if (options.Label is { } label) json["label"] = label;
        foreach (var (name, value) in options.Metadata) json[name] = value;
        foreach (var (name, _, spread) in Blocks(figures, options))
        {
            json[$"mean_{name}_ms"] = spread.Mean;
            json[$"median_{name}_ms"] = spread.Median;
            json[$"std_{name}_ms"] = spread.Deviation;
            foreach (var (percent, value) in spread.Percentiles) json[$"p{Percent(percent)}_{name}_ms"] = value;
        }
        if (outcome is null) return json;
        json["input_lens"] = Values(outcome.Results.Select(result => (double)result.InputTokens));
        json["output_lens"] = Values(outcome.Results.Select(result => (double)result.OutputTokens));
        json["ttfts"] = Values(outcome.Results.Select(result => result.TimeToFirstToken ?? 0));
        json["start_times"] = Values(outcome.Results.Select(result => result.Sent - outcome.Began));
        json["itls"] = new JsonArray([.. outcome.Results.Select(result => Values(result.Gaps))]);
        json["errors"] = new JsonArray([.. outcome.Results.Select(result => (JsonNode)(result.Error ?? ""))]);
        return json;
    }

    /// <summary>The kinds of time that are told, with their short names and titles.</summary>
    public static IEnumerable<(string Name, string Title, Spread Spread)> Blocks(LoadFigures figures, LoadOptions options) => new[]
    {
        ("ttft", "Time to First Token", figures.TimeToFirstToken),
        ("tpot", "Time per Output Token (excl. 1st token)", figures.TimePerToken),
        ("itl", "Inter-token Latency", figures.InterTokenLatency),
        ("e2el", "End-to-end Latency", figures.Latency),
    }.Where(block => options.Metrics.Contains(block.Item1));

    public static string Percent(double percent) => percent.ToString("0.##", CultureInfo.InvariantCulture);

    public static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static JsonArray Values(IEnumerable<double> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static string Rule(string title, char mark)
    {
        var left = (Width - title.Length) / 2;
        return new string(mark, left) + title + new string(mark, Width - title.Length - left);
    }
}
