using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Furiosa.Gateway.LoadBench;

namespace Furiosa.Gateway.Cli;

/// <summary>
/// <c>furiosa-llm bench latency</c> and <c>bench throughput</c>: a server of this process, measured through its own HTTP listener, so that
/// what is told is what clients get.
/// </summary>
internal static class BenchOfflineCommands
{
    public const string Latency = "latency";
    public const string Throughput = "throughput";
    private static readonly double[] Percents = [10, 25, 50, 75, 90, 99];

    public static Command CreateLatency()
    {
        var common = new ModelOptions(inputLength: 32, outputLength: 128);
        var batch = new Option<int>("--batch-size") { HelpName = "N", DefaultValueFactory = _ => 8, Description = "Requests sent together." };
        var warmups = new Option<int>("--num-iters-warmup") { HelpName = "N", DefaultValueFactory = _ => 10, Description = "Batches before the clock starts." };
        var iterations = new Option<int>("--num-iters") { HelpName = "N", DefaultValueFactory = _ => 30, Description = "Batches that count." };
        var command = new Command(Latency, "Time batches of requests from sending to their end.") { batch, warmups, iterations };
        common.AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            var (skipped, count, size) = (WholeNumber.Of(parsed, warmups, 0), WholeNumber.Of(parsed, iterations, 1), WholeNumber.Of(parsed, batch, 1));
            await using var host = await common.StartAsync(parsed, cancellation);
            var options = common.Load(parsed, host.Address, host.Model.Name);
            using var client = new LoadClient(options);
            var seconds = new List<double>();
            var progress = ProgressBar.Start("batches", skipped + count);
            for (var i = 0; i < skipped + count; i++)
            {
                var requests = common.Requests(parsed, size, seed: i);
                var outcome = await LoadRun.RunAsync(client, requests, options, null, cancellation);
                if (outcome.Results.FirstOrDefault(result => result.Error is not null) is { Error: { } error }) throw new HttpRequestException($"A request failed: {error}");
                if (i >= skipped) seconds.Add(outcome.Duration);
                progress?.Report(i + 1);
            }
            seconds.Sort();
            var json = new JsonObject { ["avg_latency"] = seconds.Average(), ["latencies"] = new JsonArray([.. seconds.Select(value => (JsonNode)value)]) };
            json["percentiles"] = new JsonObject(Percents.Select(percent => KeyValuePair.Create(LoadReport.Percent(percent), (JsonNode?)Spread.At(seconds, percent))));
            common.Print(parsed, json, () =>
            {
                Write($"Avg latency: {seconds.Average():F6} seconds");
                foreach (var percent in Percents) Write($"{percent}% percentile latency: {Spread.At(seconds, percent):F6} seconds");
            });
            return 0;
        }));
        return command;
    }

    public static Command CreateThroughput()
    {
        var common = new ModelOptions(inputLength: 128, outputLength: 64);
        var prompts = new Option<int>("--num-prompts") { HelpName = "N", DefaultValueFactory = _ => 100, Description = "Requests, all sent at once." };
        var command = new Command(Throughput, "Time many requests sent at once.") { prompts };
        common.AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            var count = WholeNumber.Of(parsed, prompts, 1);
            await using var host = await common.StartAsync(parsed, cancellation);
            var options = common.Load(parsed, host.Address, host.Model.Name);
            using var client = new LoadClient(options);
            var requests = common.Requests(parsed, count, seed: 0);
            var outcome = await LoadRun.RunAsync(client, requests, options with { Warmups = 1 }, ProgressBar.Start("requests", requests.Count), cancellation);
            var figures = new LoadFigures(outcome, options);
            if (figures.Errors is [var (error, _), ..]) throw new HttpRequestException($"A request failed: {error}");
            var json = new JsonObject
            {
                ["elapsed_time"] = figures.Duration,
                ["num_requests"] = figures.Succeeded,
                ["total_num_tokens"] = figures.InputTokens + figures.OutputTokens,
                ["requests_per_second"] = figures.RequestsPerSecond,
                ["tokens_per_second"] = figures.TokensPerSecond,
                ["output_tokens_per_second"] = figures.OutputTokensPerSecond,
            };
            common.Print(parsed, json, () =>
            {
                Write($"Throughput: {figures.RequestsPerSecond:F2} requests/s, {figures.TokensPerSecond:F2} total tokens/s, {figures.OutputTokensPerSecond:F2} output tokens/s");
                Write($"Total num prompt tokens:  {figures.InputTokens}");
                Write($"Total num output tokens:  {figures.OutputTokens}");
            });
            return 0;
        }));
        return command;
    }

    private static void Write(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>What both commands take.</summary>
    private sealed class ModelOptions(int inputLength, int outputLength)
    {
        private readonly Argument<string?> _positional = new("MODEL") { Arity = ArgumentArity.ZeroOrOne, Description = "The model. (default: the bundled one)" };
        private readonly Option<string?> _model = new("--model") { HelpName = "MODEL", Description = "The same as MODEL." };
        private readonly Option<string?> _tensor = new("--tensor-parallel-size", "-tp") { HelpName = "N", Description = "PEs that share each layer." };
        private readonly Option<string?> _pipeline = new("--pipeline-parallel-size", "-pp") { HelpName = "N", Description = "Stages that share the layers." };
        private readonly Option<string?> _data = new("--data-parallel-size", "-dp") { HelpName = "N", Description = "Replicas of the whole model." };
        private readonly Option<string?> _devices = new("--devices") { HelpName = "LIST", Description = "PEs to use." };
        private readonly Option<string?> _quantization = new("--quantization") { HelpName = "TYPE", Description = "Quantise weights on loading: none, int8, int4 or int4-pure." };
        private readonly Option<int> _input = new("--input-len") { HelpName = "N", DefaultValueFactory = _ => inputLength, Description = "About how many tokens a prompt has." };
        private readonly Option<int> _output = new("--output-len") { HelpName = "N", DefaultValueFactory = _ => outputLength, Description = "Tokens of an answer." };
        private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
        private readonly Option<string?> _outputJson = new("--output-json") { HelpName = "FILE", Description = "Write the JSON to a file." };

        public void AddTo(Command command)
        {
            command.Arguments.Add(_positional);
            foreach (var option in (Option[])[_model, _tensor, _pipeline, _data, _devices, _quantization, _input, _output, _json, _outputJson]) command.Options.Add(option);
        }

        public Task<Hosting.GatewayHost> StartAsync(ParseResult parsed, CancellationToken cancellation)
        {
            foreach (var length in new[] { _input, _output }) WholeNumber.Of(parsed, length, 1);
            return OwnServer.StartAsync(
                parsed.GetValue(_model) ?? parsed.GetValue(_positional),
                [
                    ("furiosa.tensor-parallel-size", parsed.GetValue(_tensor), _tensor.Name), ("furiosa.pipeline-parallel-size", parsed.GetValue(_pipeline), _pipeline.Name),
                    ("furiosa.data-parallel-size", parsed.GetValue(_data), _data.Name), ("furiosa.devices.use", parsed.GetValue(_devices), _devices.Name),
                    ("furiosa.quantization", parsed.GetValue(_quantization), _quantization.Name),
                ],
                cancellation);
        }

        public LoadOptions Load(ParseResult parsed, string address, string model) => new()
        {
            BaseUrl = new Uri(address),
            Endpoint = "/v1/completions",
            Model = model,
            IgnoreEos = true,
            ExtraBody = new JsonObject { ["temperature"] = 0 },
        };

        public List<LoadRequest> Requests(ParseResult parsed, int count, int seed) =>
            LoadDataset.Random(count, parsed.GetValue(_input), parsed.GetValue(_output), 0, 0, seed);

        public void Print(ParseResult parsed, JsonObject json, Action text)
        {
            if (parsed.GetValue(_outputJson) is { } path) File.WriteAllText(path, json.ToJsonString());
            if (parsed.GetValue(_json)) Console.Out.WriteLine(json.ToJsonString());
            else text();
        }
    }
}
