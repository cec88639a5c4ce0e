namespace Furiosa.Gateway.LoadBench;

/// <summary>The figures of a run, as <c>vllm bench serve</c> defines them.</summary>
internal sealed class LoadFigures
{
    public LoadFigures(LoadOutcome outcome, LoadOptions options)
    {
        var good = outcome.Results.Where(result => result.Error is null).ToList();
        Succeeded = good.Count;
        Failed = outcome.Results.Count - good.Count;
        Duration = outcome.Duration;
        InputTokens = good.Sum(result => (long)result.InputTokens);
        OutputTokens = good.Sum(result => (long)result.OutputTokens);
        Good = options.Goodput.Count == 0 ? null : good.Count(result => Keeps(result, options.Goodput));
        PeakConcurrency = Peak(good);
        PeakTokensPerSecond = PeakTokens(good, outcome.Began);
        TimeToFirstToken = Spread.Of(good.Select(result => result.TimeToFirstToken), options.Percentiles);
        TimePerToken = Spread.Of(good.Select(result => result.TimePerToken), options.Percentiles);
        InterTokenLatency = Spread.Of(good.SelectMany(result => result.Gaps).Select(gap => (double?)gap), options.Percentiles);
        Latency = Spread.Of(good.Select(result => (double?)result.Latency), options.Percentiles);
        Errors = [.. outcome.Results.Select(result => result.Error).OfType<string>().GroupBy(error => error).OrderByDescending(group => group.Count()).Select(group => (group.Key, group.Count()))];
    }

    public int Succeeded { get; }

    public int Failed { get; }

    /// <summary>Seconds.</summary>
    public double Duration { get; }

    public long InputTokens { get; }

    public long OutputTokens { get; }

    /// <summary>Requests that kept every bound of the goodput; null if none was set.</summary>
    public int? Good { get; }

    public int PeakConcurrency { get; }

    /// <summary>Tokens that came in the best second.</summary>
    public double PeakTokensPerSecond { get; }

    public Spread TimeToFirstToken { get; }

    public Spread TimePerToken { get; }

    public Spread InterTokenLatency { get; }

    public Spread Latency { get; }

    /// <summary>What went wrong and how often, the most frequent first.</summary>
    public IReadOnlyList<(string Error, int Count)> Errors { get; }

    public double RequestsPerSecond => Succeeded / Duration;

    public double? GoodPerSecond => Good / Duration;

    public double OutputTokensPerSecond => OutputTokens / Duration;

    public double TokensPerSecond => (InputTokens + OutputTokens) / Duration;

    private static bool Keeps(LoadResult result, IReadOnlyDictionary<string, double> bounds) => bounds.All(bound => bound.Key switch
    {
        "ttft" => result.TimeToFirstToken * 1000 <= bound.Value,
        "tpot" => (result.TimePerToken ?? 0) * 1000 <= bound.Value,
        _ => result.Latency * 1000 <= bound.Value,
    });

    private static int Peak(IEnumerable<LoadResult> results)
    {
        var (now, peak) = (0, 0);
        // At equal times an end comes first: one request that follows another is not beside it.
        foreach (var (_, change) in results.SelectMany(result => ((double Time, int Change)[])[(result.Sent, 1), (result.Ended, -1)]).OrderBy(edge => edge.Time).ThenBy(edge => edge.Change))
        {
            now += change;
            peak = Math.Max(peak, now);
        }
        return peak;
    }

    private static double PeakTokens(IEnumerable<LoadResult> results, double began)
    {
        var seconds = new Dictionary<int, double>();
        foreach (var result in results)
        {
            if (result.FirstToken is not { } time) continue;
            // A server may put several tokens into one event: each event counts for its share of the answer.
            var share = result.OutputTokens / (double)(result.Gaps.Count + 1);
            Count(time);
            foreach (var gap in result.Gaps) Count(time += gap);

            void Count(double at) => seconds[(int)(at - began)] = seconds.GetValueOrDefault((int)(at - began)) + share;
        }
        return seconds.Count == 0 ? 0 : seconds.Values.Max();
    }
}
