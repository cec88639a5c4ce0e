using System.CommandLine;
using System.Globalization;
using Furiosa.Gateway.LoadBench;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm bench serve</c>: loads a running server and tells its latencies, with the arguments of <c>vllm bench serve</c>.</summary>
internal static class BenchServeCommand
{
    public const string Name = "serve";
    private const int MostPrompts = 1_000_000;

    public static Command Create()
    {
        var o = new BenchServeOptions();
        var command = new Command(Name, "Load a running server, and tell its latencies.");
        o.AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            var options = o.Read(parsed);
            var requests = Dataset(o, parsed);
            if (requests.Count == 0) throw new FormatException($"--dataset-path {parsed.GetValue(o.DatasetPath)} holds no prompt.");
            if (requests.Count < parsed.GetValue(o.NumPrompts)) Console.Error.WriteLine($"{parsed.GetValue(o.DatasetPath)} has {requests.Count} prompts: no more are sent.");
            // What cannot be written is better known before a long run than behind it.
            foreach (var folder in new[] { parsed.GetValue(o.ResultDirectory), Path.GetDirectoryName(parsed.GetValue(o.Html)) })
            {
                if (!string.IsNullOrEmpty(folder)) Directory.CreateDirectory(folder);
            }
            using var client = new LoadClient(options);
            var outcome = await LoadRun.RunAsync(client, requests, options, parsed.GetValue(o.DisableTqdm) ? null : ProgressBar.Start("requests", requests.Count), cancellation);
            options = options with { Model = client.Model };
            var figures = new LoadFigures(outcome, options);
            Report(o, parsed, figures, options, outcome);
            return figures.Succeeded > 0 ? 0 : 1;
        }));
        return command;
    }

    private static List<LoadRequest> Dataset(BenchServeOptions o, ParseResult parsed)
    {
        var count = parsed.GetValue(o.NumPrompts);
        if (count is < 1 or > MostPrompts) throw new FormatException($"--num-prompts {count}: from 1 to {MostPrompts}.");
        var (input, output) = (parsed.GetValue(o.InputLength), parsed.GetValue(o.OutputLength));
        var ratio = parsed.GetValue(o.RangeRatio);
        if (ratio is < 0 or >= 1) throw new FormatException($"--random-range-ratio {ratio.ToString(CultureInfo.InvariantCulture)}: from 0 to below 1.");
        var path = parsed.GetValue(o.DatasetPath);
        return parsed.GetValue(o.Dataset) switch
        {
            "random" => LoadDataset.Random(count, input, output, ratio, parsed.GetValue(o.PrefixLength), parsed.GetValue(o.Seed)),
            "custom" => LoadDataset.Custom(path ?? throw new FormatException("--dataset-name custom needs --dataset-path FILE."), count, output),
            "sharegpt" => LoadDataset.ShareGpt(path ?? throw new FormatException("--dataset-name sharegpt needs --dataset-path FILE."), count, parsed.GetValue(o.ShareGptOutputLength), parsed.GetValue(o.Seed)),
            "prefix_repetition" => LoadDataset.PrefixRepetition(
                count, parsed.GetValue(o.RepeatedPrefixLength), parsed.GetValue(o.RepeatedSuffixLength), Math.Max(1, parsed.GetValue(o.RepeatedPrefixes)), parsed.GetValue(o.RepeatedOutputLength), parsed.GetValue(o.Seed)),
            var other => throw new FormatException($"--dataset-name {other}: random, prefix_repetition, custom or sharegpt."),
        };
    }

    private static void Report(BenchServeOptions o, ParseResult parsed, LoadFigures figures, LoadOptions options, LoadOutcome outcome)
    {
        var now = DateTimeOffset.Now;
        var json = LoadReport.Json(figures, options, parsed.GetValue(o.SaveDetailed) ? outcome : null, now);
        Console.Out.Write(parsed.GetValue(o.Json) ? json.ToJsonString() + Environment.NewLine : LoadReport.Text(figures, options));
        if (parsed.GetValue(o.SaveResult) || parsed.GetValue(o.SaveDetailed) || parsed.GetValue(o.AppendResult))
        {
            var name = parsed.GetValue(o.ResultFilename) ?? $"{(options.IsChat ? "openai-chat" : "openai")}-{now:yyyyMMdd-HHmmss}.json";
            var path = Path.Combine(parsed.GetValue(o.ResultDirectory) ?? ".", name);
            if (parsed.GetValue(o.AppendResult)) File.AppendAllText(path, json.ToJsonString() + Environment.NewLine);
            else File.WriteAllText(path, json.ToJsonString());
            Console.Error.WriteLine($"Saved {path}");
        }
        if (parsed.GetValue(o.Html) is { } page)
        {
            File.WriteAllText(page, HtmlReport.Write(figures, options, outcome, now));
            Console.Error.WriteLine($"Saved {page}");
        }
    }
}
