using System.CommandLine;
using Furiosa.Device.Benchmarks;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm bench</c>: times kernels, the engine, a server of its own, or one that runs.</summary>
internal static class BenchCommand
{
    public const string Name = "bench";

    private const int MostTokens = 1 << 20, MostRounds = 1000, MostInputs = 1 << 14, MostBatch = 1024, MostThreads = 1024;

    public static Command Create()
    {
        var command = new Command(Name, "Time kernels, the engine, or a server.");
        command.Subcommands.Add(Engine());
        command.Subcommands.Add(Kernels());
        command.Subcommands.Add(BenchServeCommand.Create());
        command.Subcommands.Add(BenchOfflineCommands.CreateLatency());
        command.Subcommands.Add(BenchOfflineCommands.CreateThroughput());
        return command;
    }

    private static Command Engine()
    {
        var model = new Argument<string?>("MODEL") { Arity = ArgumentArity.ZeroOrOne };
        var shape = new Option<string?>("--shape");
        var quantization = new Option<string>("--quantization") { DefaultValueFactory = _ => "none" };
        var products = new Option<string>("--bf16-products") { DefaultValueFactory = _ => "exact" };
        var weights = new Option<string>("--bf16-weights") { DefaultValueFactory = _ => "auto" };
        var cache = new Option<string>("--kv-cache-dtype") { DefaultValueFactory = _ => "auto" };
        var parallel = new Option<int>("--tensor-parallel-size", "-tp") { DefaultValueFactory = _ => 4 };
        var prompt = new Option<int>("--prompt") { DefaultValueFactory = _ => 512 };
        var tokens = new Option<int>("--new-tokens") { DefaultValueFactory = _ => 32 };
        var batches = new Option<string>("--batches") { DefaultValueFactory = _ => "1,8,16" };
        var common = new CommonOptions();
        var command = new Command("engine", "Time prefill and decode.") { model, shape, quantization, products, weights, cache, parallel, prompt, tokens, batches };
        common.AddTo(command);
        command.SetAction((parsed, _) => Guarded(() =>
        {
            using var synthetic = parsed.GetValue(shape) is { } name ? Synthetic(name) : null;
            var options = new BenchmarkOptions
            {
                ModelDirectory = synthetic?.Path ?? ModelLocator.Resolve(parsed.GetValue(model)),
                Quantizations = [.. parsed.GetValue(quantization)!.Split(',')],
                Bf16Products = parsed.GetValue(products)!,
                Bf16Weights = parsed.GetValue(weights)!,
                KvCacheDtype = parsed.GetValue(cache)!,
                TensorParallel = parsed.GetValue(parallel),
                PromptTokens = WholeNumber.Of(parsed, prompt, 1, MostTokens),
                NewTokens = WholeNumber.Of(parsed, tokens, 1, MostTokens),
                Batches = Numbers(parsed.GetValue(batches)!, "--batches", MostBatch),
                Threads = WholeNumber.Of(parsed, common.Threads, 1, MostThreads),
                Rounds = WholeNumber.Of(parsed, common.Rounds, 1, MostRounds),
            };
            var report = ModelBenchmark.Run(options, new ProgressLines());
            Console.Out.Write(parsed.GetValue(common.Json) ? BenchTables.Json(report) : BenchTables.Text(report));
        }));
        return command;
    }

    private static Command Kernels()
    {
        var inputs = new Option<int>("--inputs") { DefaultValueFactory = _ => 2048 };
        var rows = new Option<string>("--rows") { DefaultValueFactory = _ => "1,2,4,8,16,32,512" };
        var common = new CommonOptions();
        var command = new Command("kernels", "Time linear products.") { inputs, rows };
        common.AddTo(command);
        command.SetAction((parsed, _) => Guarded(() =>
        {
            var report = KernelBenchmark.Run(
                WholeNumber.Of(parsed, common.Threads, 1, MostThreads), WholeNumber.Of(parsed, inputs, 1, MostInputs),
                Numbers(parsed.GetValue(rows)!, "--rows", KernelBenchmark.MostRows), WholeNumber.Of(parsed, common.Rounds, 1, MostRounds));
            Console.Out.Write(parsed.GetValue(common.Json) ? BenchTables.Json(report) : BenchTables.Text(report));
        }));
        return command;
    }

    private static SyntheticModel Synthetic(string shape)
    {
        Console.Error.WriteLine($"writing random weights of shape {shape} to a temporary directory");
        return SyntheticModel.Write(shape);
    }

    private static int[] Numbers(string text, string option, int most) =>
        [.. text.Split(',').Select(part => int.TryParse(part, out int number) && number > 0 && number <= most
            ? number
            : throw new FormatException($"{option} is {text}: write whole numbers from 1 to {most}, separated by commas."))];

    private static Task<int> Guarded(Action action) => CommandGuard.RunAsync(() =>
    {
        try
        {
            action();
            return Task.FromResult(0);
        }
        catch (ArgumentException wrong)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    });

    private sealed class CommonOptions
    {
        public Option<int?> Threads { get; } = new("--threads");

        public Option<int> Rounds { get; } = new("--rounds") { DefaultValueFactory = _ => 5 };

        public Option<bool> Json { get; } = new("--json");

        public void AddTo(Command command)
        {
            command.Options.Add(Threads);
            command.Options.Add(Rounds);
            command.Options.Add(Json);
        }
    }

    private sealed class ProgressLines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
