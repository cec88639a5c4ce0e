using System.Text.Json.Nodes;

namespace Furiosa.Gateway.LoadBench;

/// <summary>What <c>bench serve</c> is asked to do; the names are those of <c>vllm bench serve</c>.</summary>
internal sealed record LoadOptions
{
    /// <summary>Name for whatever model a server has; furiosa-llm's own examples use it.</summary>
    public const string AnyModel = "EMPTY";

    /// <summary>The kinds of time that are told, by their short names.</summary>
    public static readonly IReadOnlyList<string> AllMetrics = ["ttft", "tpot", "itl", "e2el"];

    /// <summary>The server, e.g. <c>http://127.0.0.1:8000</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>True for chat completions, false for completions.</summary>
    public bool IsChat { get; init; }

    /// <summary>Path under <see cref="BaseUrl"/>.</summary>
    public required string Endpoint { get; init; }

    public required string Model { get; init; }

    /// <summary>Header lines that every request carries, e.g. an <c>Authorization</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Requests sent in a second at the mean; infinite for all at once.</summary>
    public double RequestRate { get; init; } = double.PositiveInfinity;

    /// <summary>Rates that the load goes through from its first request to its last, instead of <see cref="RequestRate"/>; null for an even load.</summary>
    public RampUp? Ramp { get; init; }

    /// <summary>Requests a second when a part of all requests, from 0 to 1, has been sent.</summary>
    public double RateAt(double part) => Ramp?.RateAt(part) ?? RequestRate;

    /// <summary>1 for Poisson arrivals; below 1 they come in bursts, above 1 more evenly (the shape of a gamma distribution).</summary>
    public double Burstiness { get; init; } = 1;

    /// <summary>Most requests under way at once; null for no bound.</summary>
    public int? MaxConcurrency { get; init; }

    public int Seed { get; init; }

    /// <summary>Requests sent one after another before the clock starts.</summary>
    public int Warmups { get; init; }

    public bool IgnoreEos { get; init; }

    /// <summary>Further members of every request body.</summary>
    public JsonObject ExtraBody { get; init; } = [];

    /// <summary>What the <c>X-Request-Id</c> of each request begins with, its number behind it; null for none.</summary>
    public string? RequestIdPrefix { get; init; }

    /// <summary>Whether any certificate of the server will do.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>How long to wait for a server that is not there yet; zero to look once.</summary>
    public TimeSpan ReadyTimeout { get; init; }

    /// <summary>What a request must keep to count as good, in milliseconds by name (ttft, tpot, e2el); empty for none.</summary>
    public IReadOnlyDictionary<string, double> Goodput { get; init; } = new Dictionary<string, double>();

    /// <summary>Which of <see cref="AllMetrics"/> are told.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = AllMetrics;

    /// <summary>What the run is called in its JSON; null for nothing.</summary>
    public string? Label { get; init; }

    /// <summary>Further members of its JSON.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>Percentiles printed beside mean and median.</summary>
    public IReadOnlyList<double> Percentiles { get; init; } = [99];

    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>One request to send.</summary>
/// <param name="Prompt">Its text.</param>
/// <param name="OutputTokens">Most tokens of its answer.</param>
internal sealed record LoadRequest(string Prompt, int OutputTokens);

/// <summary>What became of one request. Times in seconds since the run began.</summary>
/// <param name="Sent">When it was sent.</param>
/// <param name="FirstToken">When the first event with text came; null if none did.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Gaps">Seconds between one such event and the next.</param>
/// <param name="InputTokens">Tokens of the prompt, as the server counts.</param>
/// <param name="OutputTokens">Tokens of the answer, as the server counts, else the number of events.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
internal sealed record LoadResult(double Sent, double? FirstToken, double Ended, IReadOnlyList<double> Gaps, int InputTokens, int OutputTokens, string? Error)
{
    public double Latency => Ended - Sent;

    public double? TimeToFirstToken => FirstToken - Sent;

    /// <summary>Seconds for each token after the first; null for fewer than two tokens.</summary>
    public double? TimePerToken => FirstToken is { } first && OutputTokens > 1 ? (Ended - first) / (OutputTokens - 1) : null;
}
