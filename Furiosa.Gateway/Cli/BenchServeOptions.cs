using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
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
    private readonly Option<string?> _model = new("--model", "--served-model-name") { HelpName = "NAME", Description = "Name that requests give. (default: the first that the server lists)" };
    private readonly Option<string[]> _header = new("--header") { HelpName = "NAME=VALUE", Description = "A header as NAME=VALUE; repeatable." };
    private readonly Option<string> _rate = new("--request-rate") { HelpName = "R", DefaultValueFactory = _ => "inf", Description = "Requests a second, never exceeded at the mean; inf sends all at once." };
    private readonly Option<string?> _ramp = new("--ramp-up-strategy") { HelpName = "NAME", Description = "linear or exponential: the rate goes from that of --ramp-up-start-rps to that of --ramp-up-end-rps." };
    private readonly Option<double?> _rampStart = new("--ramp-up-start-rps") { HelpName = "R", Description = "Requests a second at the beginning." };
    private readonly Option<double?> _rampEnd = new("--ramp-up-end-rps") { HelpName = "R", Description = "Requests a second at the end." };
    private readonly Option<double> _burstiness = new("--burstiness") { HelpName = "B", DefaultValueFactory = _ => 1, Description = "1: Poisson arrivals; below 1 in bursts, above 1 more even." };
    private readonly Option<int?> _concurrency = new("--max-concurrency") { HelpName = "N", Description = "Most requests under way at once." };
    private readonly Option<int> _warmups = new("--num-warmups") { HelpName = "N", Description = "Requests before the clock starts." };
    private readonly Option<bool> _ignoreEos = new("--ignore-eos") { Description = "Answers run to their full length." };
    private readonly Option<double?> _temperature = new("--temperature") { HelpName = "T", Description = "How freely tokens are drawn. (default: the model's)" };
    private readonly (Option<double?> Option, string Member)[] _sampling =
    [
        (new("--top-p") { HelpName = "P", Description = "Draw from the likeliest tokens that have this probability together." }, "top_p"),
        (new("--top-k") { HelpName = "N", Description = "Draw from this many of the likeliest tokens." }, "top_k"),
        (new("--min-p") { HelpName = "P", Description = "Least probability, as a part of the likeliest token's." }, "min_p"),
        (new("--frequency-penalty") { HelpName = "X", Description = "As in the API." }, "frequency_penalty"),
        (new("--presence-penalty") { HelpName = "X", Description = "As in the API." }, "presence_penalty"),
        (new("--repetition-penalty") { HelpName = "X", Description = "As in the API." }, "repetition_penalty"),
    ];

    private readonly Option<int?> _logprobs = new("--logprobs") { HelpName = "N", Description = "Ask for the log-probabilities of so many tokens." };
    private readonly Option<string?> _extraBody = new(ExtraBody.Option) { HelpName = "JSON", Description = "JSON object with further members of each request." };
    private readonly Option<string?> _templateArguments = new("--chat-template-kwargs") { HelpName = "JSON", Description = "JSON object of what the chat template is given; with openai-chat." };
    private readonly Option<bool> _beams = new("--use-beam-search") { Description = "Search with beams instead of sampling." };
    private readonly Option<string[]> _goodput = new("--goodput") { HelpName = "BOUND", AllowMultipleArgumentsPerToken = true, Description = "Bounds as ttft:MS tpot:MS e2el:MS; a request within all counts as good." };
    private readonly Option<string> _metrics = new("--percentile-metrics") { HelpName = "LIST", DefaultValueFactory = _ => string.Join(',', LoadOptions.AllMetrics), Description = "Kinds of time to tell, with commas." };
    private readonly Option<string?> _requestId = new("--request-id-prefix") { HelpName = "TEXT", Description = "Send X-Request-Id: this and the request's number." };
    private readonly Option<int> _ready = new("--ready-check-timeout-sec") { HelpName = "S", Description = "Wait so long for the server to be there." };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Take any certificate of the server." };
    private readonly Option<string?> _label = new("--label") { HelpName = "TEXT", Description = "What the run is called in its JSON." };
    private readonly Option<string[]> _metadata = new("--metadata") { HelpName = "KEY=VALUE", AllowMultipleArgumentsPerToken = true, Description = "Further members of its JSON." };
    private readonly Option[] _withoutEffect =
    [
        new Option<string?>("--tokenizer") { HelpName = "NAME", Description = "Accepted and without effect: the server counts tokens." },
        new Option<string?>("--tokenizer-mode") { HelpName = "NAME", Description = "The same." },
        new Option<bool>("--skip-tokenizer-init") { Description = "The same." },
        new Option<bool>("--trust-remote-code") { Description = "The same." },
    ];

    private readonly Option<string> _percentiles = new("--metric-percentiles") { HelpName = "LIST", DefaultValueFactory = _ => "99", Description = "Percentiles to tell, with commas." };

    public Option<int> NumPrompts { get; } = new("--num-prompts") { HelpName = "N", DefaultValueFactory = _ => 100, Description = "Requests." };

    public Option<string> Dataset { get; } = new("--dataset-name") { HelpName = "NAME", DefaultValueFactory = _ => "random", Description = "random, prefix_repetition, custom (JSON lines with \"prompt\") or sharegpt." };

    public Option<string?> DatasetPath { get; } = new("--dataset-path") { HelpName = "FILE", Description = "Of custom and sharegpt." };

    public Option<int> InputLength { get; } = new("--random-input-len", "--input-len") { HelpName = "N", DefaultValueFactory = _ => 128, Description = "About how many tokens a prompt has." };

    public Option<int> OutputLength { get; } = new("--random-output-len", "--output-len") { HelpName = "N", DefaultValueFactory = _ => 64, Description = "Tokens of an answer." };

    public Option<double> RangeRatio { get; } = new("--random-range-ratio") { HelpName = "R", Description = "Lengths vary by this part of theirs." };

    public Option<int> PrefixLength { get; } = new("--random-prefix-len") { HelpName = "N", Description = "Tokens that all prompts begin with." };

    public Option<int> RepeatedPrefixLength { get; } = new("--prefix-repetition-prefix-len") { HelpName = "N", DefaultValueFactory = _ => 256, Description = "Tokens of each beginning." };

    public Option<int> RepeatedSuffixLength { get; } = new("--prefix-repetition-suffix-len") { HelpName = "N", DefaultValueFactory = _ => 256, Description = "Tokens that follow it." };

    public Option<int> RepeatedPrefixes { get; } = new("--prefix-repetition-num-prefixes") { HelpName = "N", DefaultValueFactory = _ => 10, Description = "How many beginnings there are." };

    public Option<int> RepeatedOutputLength { get; } = new("--prefix-repetition-output-len") { HelpName = "N", DefaultValueFactory = _ => 128, Description = "Tokens of an answer." };

    public Option<int?> ShareGptOutputLength { get; } = new("--sharegpt-output-len") { HelpName = "N", Description = "Tokens of an answer. (default: as long as the data set's)" };

    public Option<int> Seed { get; } = new("--seed") { HelpName = "N", Description = "Of what is random: the same seed offers the same load." };

    public Option<bool> SaveResult { get; } = new("--save-result") { Description = "Write a JSON file." };

    public Option<bool> SaveDetailed { get; } = new("--save-detailed") { Description = "With every single request." };

    public Option<bool> AppendResult { get; } = new("--append-result") { Description = "Add the JSON to the file, as a line." };

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
                RepeatedPrefixLength, RepeatedSuffixLength, RepeatedPrefixes, RepeatedOutputLength, ShareGptOutputLength, _rate, _ramp, _rampStart, _rampEnd, _burstiness,
                _concurrency, _warmups, _ready, _insecure, _ignoreEos, _temperature, .. _sampling.Select(one => one.Option), _logprobs, _beams, _templateArguments, _extraBody, _requestId, _goodput,
                _metrics, _percentiles, Seed, _label, _metadata, SaveResult, SaveDetailed, AppendResult, ResultDirectory, ResultFilename, Html, Json, DisableTqdm,
                .. _withoutEffect,
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
            Model = parsed.GetValue(_model) ?? LoadOptions.AnyModel,
            Headers = [.. (parsed.GetValue(_header) ?? []).Select(text => Pair(text, "--header"))],
            RequestRate = parsed.GetValue(_rate) is "inf" ? double.PositiveInfinity : Positive(parsed.GetValue(_rate)!, "--request-rate"),
            Ramp = Ramp(parsed),
            Burstiness = parsed.GetValue(_burstiness) is > 0 and var shape ? shape : throw new FormatException("--burstiness is above 0."),
            MaxConcurrency = parsed.GetValue(_concurrency) is not { } most ? null : most > 0 ? most : throw new FormatException("--max-concurrency is above 0."),
            Seed = parsed.GetValue(Seed),
            Warmups = parsed.GetValue(_warmups),
            IgnoreEos = parsed.GetValue(_ignoreEos),
            ExtraBody = Members(parsed, isChat),
            RequestIdPrefix = parsed.GetValue(_requestId),
            IsInsecure = parsed.GetValue(_insecure),
            ReadyTimeout = TimeSpan.FromSeconds(Math.Max(0, parsed.GetValue(_ready))),
            Label = parsed.GetValue(_label),
            Metadata = [.. (parsed.GetValue(_metadata) ?? []).Select(text => Pair(text, "--metadata"))],
            Metrics = [.. parsed.GetValue(_metrics)!.Split(',').Select(Metric)],
            Goodput = (parsed.GetValue(_goodput) ?? []).Select(Bound).ToDictionary(),
            Percentiles = [.. parsed.GetValue(_percentiles)!.Split(',').Select(text => Positive(text, "--metric-percentiles")).Select(value => value <= 100 ? value : throw new FormatException("--metric-percentiles are at most 100."))],
        };
    }

    private RampUp? Ramp(ParseResult parsed)
    {
        var (start, end) = (parsed.GetValue(_rampStart), parsed.GetValue(_rampEnd));
        if (parsed.GetValue(_ramp) is not { } strategy)
            return start is null && end is null ? null : throw new FormatException("--ramp-up-start-rps and --ramp-up-end-rps need --ramp-up-strategy linear or exponential.");
        if (strategy is not ("linear" or "exponential")) throw new FormatException($"--ramp-up-strategy {strategy}: linear or exponential.");
        if (!(start > 0 && end > 0)) throw new FormatException("--ramp-up-strategy needs --ramp-up-start-rps and --ramp-up-end-rps, both above 0.");
        if (parsed.GetValue(_rate) is not "inf") throw new FormatException("--ramp-up-strategy and --request-rate exclude each other.");
        return new RampUp(strategy is "exponential", start.Value, end.Value);
    }

    private JsonObject Members(ParseResult parsed, bool isChat)
    {
        var members = new JsonObject();
        foreach (var (option, member) in _sampling.Prepend((_temperature, "temperature")))
        {
            if (parsed.GetValue(option) is { } value) members[member] = member == "top_k" ? (JsonNode)(int)value : value;
        }
        if (parsed.GetValue(_logprobs) is { } logprobs)
        {
            members["logprobs"] = isChat ? true : logprobs;
            if (isChat) members["top_logprobs"] = logprobs;
        }
        if (parsed.GetValue(_beams)) members["use_beam_search"] = true;
        if (parsed.GetValue(_templateArguments) is { } arguments)
            members["chat_template_kwargs"] = isChat ? ExtraBody.Parse(arguments, _templateArguments.Name) : throw new FormatException($"{_templateArguments.Name} needs --backend openai-chat.");
        if (parsed.GetValue(_extraBody) is not { } text) return members;
        foreach (var (name, value) in ExtraBody.Parse(text)) members[name] = value?.DeepClone();
        return members;
    }

    private static string Metric(string name) => LoadOptions.AllMetrics.Contains(name)
        ? name
        : throw new FormatException($"--percentile-metrics {name}: any of {string.Join(", ", LoadOptions.AllMetrics)}, with commas.");

    private static KeyValuePair<string, string> Pair(string text, string option) => text.Split('=', 2) is [var name, var value]
        ? new(name, value)
        : throw new FormatException($"{option} {text}: write NAME=VALUE.");

    private static KeyValuePair<string, double> Bound(string text) => text.Split(':') is ["ttft" or "tpot" or "e2el", _] parts
        ? new(parts[0], Positive(parts[1], "--goodput"))
        : throw new FormatException($"--goodput {text}: write ttft:MS, tpot:MS or e2el:MS.");

    private static double Positive(string text, string option) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)
        ? value
        : throw new FormatException($"{option} {text}: a number above 0.");
}
