using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Furiosa.Actors.Hosting;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm build</c>: packs a model into a directory that <c>serve</c> starts from at once.</summary>
internal static class BuildCommand
{
    public const string Name = "build";

    private static readonly string[] TextFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model", "chat_template.jinja"];
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var command = new Command(Name, "Pack a model for a fast start.");
        var model = new Argument<string>("MODEL");
        var output = new Argument<string>("OUTPUT");
        var tp = new Option<string?>("--tensor-parallel-size", "-tp");
        var dtype = new Option<string?>("--dtype");
        var quantization = new Option<string?>("--quantization");
        var weights = new Option<string?>("--bf16-weights");
        var name = new Option<string?>("--name");
        command.Arguments.Add(model);
        command.Arguments.Add(output);
        foreach (var option in (Option[])[tp, dtype, quantization, weights, name]) command.Options.Add(option);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(() => Task.FromResult(Run(new ArtifactOptions
        {
            Model = parsed.GetValue(model)!, Output = parsed.GetValue(output)!, TensorParallel = int.Parse(parsed.GetValue(tp) ?? "4", CultureInfo.InvariantCulture),
            Dtype = parsed.GetValue(dtype) ?? "auto", Quantization = parsed.GetValue(quantization) ?? "none",
            Bf16Weights = parsed.GetValue(weights) ?? "auto", Name = parsed.GetValue(name) ?? "", ProgramVersion = VersionEndpoint.Version, Time = TimeProvider.System.GetUtcNow(),
        }))));
        command.Validators.Add(result =>
        {
            foreach (var (option, allowed) in new (Option Option, string[] Allowed)[] { (tp, ["1", "2", "4", "8"]), (dtype, ["auto", "bfloat16", "float32"]), (quantization, [.. RuntimeOptions.Quantizations]), (weights, ["auto", "plain"]) })
            {
                if (result.GetResult(option) is { Tokens: [var given] } && !allowed.Contains(given.Value))
                    result.AddError($"{option.Name} is '{given.Value}': give one of {string.Join(", ", allowed)}");
            }
        });
        return command;
    }

    private static int Run(ArtifactOptions options)
    {
        var model = ModelLocator.Resolve(options.Model);
        var directory = ModelDirectory.Open(model);
        if (Directory.Exists(options.Output) ? Directory.EnumerateFileSystemEntries(options.Output).Any() : File.Exists(options.Output))
            throw new ConfigurationException($"{options.Output} is there already and not empty; name a new directory.");
        MakeOutput(options.Output);
        return Write(options with { Model = model, Name = options.Name.Length > 0 ? options.Name : directory.Name }, directory);
    }

    private static void MakeOutput(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be made ({fault.Message}); name a directory where you may write.", CommandGuard.Failure);
        }
    }

    private static int Write(ArtifactOptions options, ModelDirectory directory)
    {
        var clock = Stopwatch.StartNew();
        var done = false;
        try
        {
            // The tokenizer is read first: a model that cannot be served is not packed.
            _ = TextTokenizer.Load(options.Model);
            CopyText(options, directory);
            var bytes = ArtifactBuilder.Build(options, new Lines());
            done = true;
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{options.Output}: {ByteSize.Show(bytes)} packed for tp {options.TensorParallel} in {clock.Elapsed.TotalSeconds:F1} s; serve it with 'furiosa-llm serve {options.Output}'"));
            return 0;
        }
        finally
        {
            // Half an artifact would only be found out when it is served.
            if (!done) Directory.Delete(options.Output, recursive: true);
        }
    }

    private static void CopyText(ArtifactOptions options, ModelDirectory directory)
    {
        foreach (var name in TextFiles)
        {
            var (source, target) = (directory.PathOf(name), Path.Combine(options.Output, name));
            if (File.Exists(source)) File.Copy(source, target);
            else if (directory.Gguf is not null && ModelJson.LoadOptional(options.Model, name) is { } made) File.WriteAllText(target, JsonSerializer.Serialize(made, Plain));
        }
    }

    private sealed class Lines : IProgress<string>
    {
        public void Report(string value) => Console.Out.WriteLine($"  {value}");
    }
}
