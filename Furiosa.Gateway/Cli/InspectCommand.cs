using System.CommandLine;
using Furiosa.Actors.Hosting;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Text.Tokenizers;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm inspect</c>: what a model is and whether it fits, without loading any weights.</summary>
internal static class InspectCommand
{
    public const string Name = "inspect";

    private const int DoesNotFit = 3;

    private static readonly (string Option, string[] Aliases, string Key)[] Options =
    [
        ("--dtype", [], "furiosa.dtype"),
        ("--quantization", [], "furiosa.quantization"),
        ("--bf16-products", [], "furiosa.bf16-products"),
        ("--bf16-weights", [], "furiosa.bf16-weights"),
        ("--kv-cache-dtype", [], "furiosa.kv-cache.dtype"),
        ("--max-model-len", [], "furiosa.max-model-len"),
        ("--tensor-parallel-size", ["-tp"], "furiosa.tensor-parallel-size"),
        ("--pipeline-parallel-size", ["-pp"], "furiosa.pipeline-parallel-size"),
        ("--data-parallel-size", ["-dp"], "furiosa.data-parallel-size"),
        ("--devices", [], "furiosa.devices.use"),
        ("--chat-template", [], "furiosa.chat-template"),
    ];

    public static Command Create()
    {
        var command = new Command(Name, "Say what a model is and what it takes.");
        var model = new Argument<string?>("MODEL") { Arity = ArgumentArity.ZeroOrOne };
        var modelOption = new Option<string?>("--model");
        var config = new Option<string?>("--config");
        var json = new Option<bool>("--json") { Arity = ArgumentArity.Zero };
        var simple = Options.Select(entry => (Option: new Option<string?>(entry.Option, entry.Aliases), entry.Key)).ToList();
        command.Arguments.Add(model);
        foreach (var option in (Option[])[modelOption, config, json, .. simple.Select(entry => entry.Option)]) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var layer = new SettingsLayer();
            foreach (var (option, key) in simple)
            {
                if (parsed.GetValue(option) is { } value) layer.Set(key, value, option.Name);
            }

            if ((parsed.GetValue(modelOption) ?? parsed.GetValue(model)) is { } named) layer.Set("furiosa.model", named, "--model");
            return Run(parsed.GetValue(config), layer, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(string? configFile, SettingsLayer layer, bool json)
    {
        try
        {
            var settings = SettingsLoader.Load(configFile, Environment.GetEnvironmentVariables(), layer);
            var directory = ModelDirectory.Open(settings.Runtime.ModelDirectory);
            var plan = FuriosaRuntime.Plan(settings.Runtime);
            var tokenizer = TextTokenizer.Load(directory.Path);
            var report = ModelReport.Make(settings, directory, tokenizer);
            if (json) Console.Out.WriteLine(report.ToJson(plan).ToString());
            else foreach (var line in report.Lines().Concat(PlanReport.Lines(plan))) Console.Out.WriteLine(line);
            return plan.Problem is null ? 0 : DoesNotFit;
        }
        catch (Exception error) when (ServeRunner.Explain(error) is { } known)
        {
            foreach (var line in known.Message.Split(Environment.NewLine)) CommandGuard.Complain(line);
            return known.ExitCode;
        }
    }
}
