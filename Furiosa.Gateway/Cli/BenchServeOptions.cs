using System.CommandLine;
using System.Globalization;
using Furiosa.Gateway.LoadBench;

namespace Furiosa.Gateway.Cli;

/// <summary>The options of <c>bench serve</c>, named as those of <c>vllm bench serve</c>.</summary>
internal sealed class BenchServeOptions
{
    private readonly Option<string> _backend = new("--backend") { HelpName = "NAME", DefaultValueFactory = _ => "openai", Description = "openai (completions) or openai-chat." };
    private readonly Option<string?> _baseUrl = new("--base-url") { HelpName = "URL", Description = "The server; instead of --host and --port." };
    private readonly Option<string> _host = new("--host") { HelpName = "ADDRESS", DefaultValueFactory = _ => "127.0.0.1", Description = "The server." };
    private readonly Option<int> _port = new("--port") { HelpName = "N", DefaultValueFactory = _ => LocalServer.Port, Description = "Its port." };
    private readonly Option<string?> _endpoint = new("--endpoint") { HelpName = "PATH", Description = "Path of the API. (default: that of the backend)" };
    private readonly Option<string> _model = new("--model") { HelpName = "NAME", DefaultValueFactory = _ => "EMPTY", Description = "Name that requests give." };
    private readonly Option<string[]> _header = new("--header") { HelpName = "NAME=VALUE", Description = "A header as NAME=VALUE; repeatable." };
    private readonly Option<string> _rate = new("--request-rate") { HelpName = "R", DefaultValueFactory = _ => "inf", Description = "Requests a second, never exceeded at the mean; inf sends all at once." };
    private readonly Option<double> _burstiness = new("--burstiness") { HelpName = "B", DefaultValueFactory = _ => 1, Description = "1: Poisson arrivals; below 1 in bursts, above 1 more even." };
    private readonly Option<int?> _concurrency = new("--max-concurrency") { HelpName = "N", Description = "Most requests under way at once." };
    private readonly Option<int> _warmups = new("--num-warmups") { HelpName = "N", Description = "Requests before the clock starts." };
    private readonly Option<bool> _ignoreEos = new("--ignore-eos") { Description = "Answers run to their full length." };
    private readonly Option<double?> _temperature = new("--temperature") { HelpName = "T", Description = "How freely tokens are drawn. (default: the model's)" };
    private readonly Option<string?> _extraBody = new("--extra-body") { HelpName = "JSON", Description = "JSON object with further members of each request." };
    private readonly Option<string[]> _goodput = new("--goodput") { HelpName = "BOUND", AllowMultipleArgumentsPerToken = true, Description = "Bounds as ttft:MS tpot:MS e2el:MS; a request within all counts as good." };
    private readonly Option<string> _percentiles = new("--metric-percentiles") { HelpName = "LIST", DefaultValueFactory = _ => "99", Description = "Percentiles to tell, with commas." };

    public Option<int> NumPrompts { get; } = new("--num-prompts") { HelpName = "N", DefaultValueFactory = _ => 100, Description = "Requests." };

    public Option<string> Dataset { get; } = new("--dataset-name") { HelpName = "NAME", DefaultValueFactory = _ => "random", Description = "random, custom (JSON lines with \"prompt\") or sharegpt." };

    public Option<string?> DatasetPath { get; } = new("--dataset-path") { HelpName = "FILE", Description = "Of custom and sharegpt." };

    public Option<int> InputLength { get; } = new("--random-input-len", "--input-len") { HelpName = "N", DefaultValueFactory = _ => 128, Description = "About how many tokens a prompt has." };

    public Option<int> OutputLength { get; } = new("--random-output-len", "--output-len") { HelpName = "N", DefaultValueFactory = _ => 64, Description = "Tokens of an answer." };

    public Option<double> RangeRatio { get; } = new("--random-range-ratio") { HelpName = "R", Description = "Lengths vary by this part of theirs." };

    public Option<int> PrefixLength { get; } = new("--random-prefix-len") { HelpName = "N", Description = "Tokens that all prompts begin with." };

    public Option<int?> ShareGptOutputLength { get; } = new("--sharegpt-output-len") { HelpName = "N", Description = "Tokens of an answer. (default: as long as the data set's)" };

    public Option<int> Seed { get; } = new("--seed") { HelpName = "N", Description = "Of what is random: the same seed offers the same load." };

    public Option<bool> SaveResult { get; } = new("--save-result") { Description = "Write a JSON file." };

    public Option<bool> SaveDetailed { get; } = new("--save-detailed") { Description = "With every single request." };

    public Option<string?> ResultDirectory { get; } = new("--result-dir") { HelpName = "DIRECTORY", Description = "Where the JSON file goes. (default: here)" };

    public Option<string?> ResultFilename { get; } = new("--result-filename") { HelpName = "NAME", Description = "(default: backend and time)" };

    public Option<string?> Html { get; } = new("--html") { HelpName = "FILE", Description = "Write a page with plots." };

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };

    public Option<bool> DisableTqdm { get; } = new("--disable-tqdm") { Description = "No progress." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])
            [
                _backend, _baseUrl, _host, _port, _endpoint, _model, _header, NumPrompts, Dataset, DatasetPath, InputLength, OutputLength, RangeRatio, PrefixLength,
                ShareGptOutputLength, _rate, _burstiness, _concurrency, _warmups, _ignoreEos, _temperature, _extraBody, _goodput, _percentiles, Seed, SaveResult,
                SaveDetailed, ResultDirectory, ResultFilename, Html, Json, DisableTqdm,
            ])
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="FormatException">A value is wrong; the message names the option.</exception>
    public LoadOptions Read(ParseResult parsed)
    {
        var isChat = parsed.GetValue(_backend) switch
        {
            "openai" or "vllm" => false,
            "openai-chat" => true,
            var other => throw new FormatException($"--backend {other}: openai (completions) or openai-chat."),
        };
        var url = parsed.GetValue(_baseUrl) ?? $"http://{parsed.GetValue(_host)}:{parsed.GetValue(_port).ToString(CultureInfo.InvariantCulture)}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsedUrl) || parsedUrl.Scheme is not ("http" or "https")) throw new FormatException($"--base-url {url}: write http://HOST:PORT.");
        return new LoadOptions
        {
            BaseUrl = parsedUrl,
            IsChat = isChat,
            Endpoint = parsed.GetValue(_endpoint) ?? (isChat ? "/v1/chat/completions" : "/v1/completions"),
            Model = parsed.GetValue(_model)!,
            Headers = [.. (parsed.GetValue(_header) ?? []).Select(Header)],
            RequestRate = parsed.GetValue(_rate) is "inf" ? double.PositiveInfinity : Positive(parsed.GetValue(_rate)!, "--request-rate"),
            Burstiness = parsed.GetValue(_burstiness) is > 0 and var shape ? shape : throw new FormatException("--burstiness is above 0."),
            MaxConcurrency = parsed.GetValue(_concurrency) is not { } most ? null : most > 0 ? most : throw new FormatException("--max-concurrency is above 0."),
            Seed = parsed.GetValue(Seed),
            Warmups = parsed.GetValue(_warmups),
            IgnoreEos = parsed.GetValue(_ignoreEos),
            Temperature = parsed.GetValue(_temperature),
            ExtraBody = parsed.GetValue(_extraBody),
            Goodput = (parsed.GetValue(_goodput) ?? []).Select(Bound).ToDictionary(),
            Percentiles = [.. parsed.GetValue(_percentiles)!.Split(',').Select(text => Positive(text, "--metric-percentiles")).Select(value => value <= 100 ? value : throw new FormatException("--metric-percentiles are at most 100."))],
        };
    }

    private static KeyValuePair<string, string> Header(string text) => text.Split('=', 2) is [var name, var value]
        ? new(name, value)
        : throw new FormatException($"--header {text}: write NAME=VALUE.");

    private static KeyValuePair<string, double> Bound(string text) => text.Split(':') is ["ttft" or "tpot" or "e2el", _] parts
        ? new(parts[0], Positive(parts[1], "--goodput"))
        : throw new FormatException($"--goodput {text}: write ttft:MS, tpot:MS or e2el:MS.");

    private static double Positive(string text, string option) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)
        ? value
        : throw new FormatException($"{option} {text}: a number above 0.");
}
