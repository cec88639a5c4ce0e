using System.CommandLine;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary>
/// <c>furiosa-llm serve</c>: each option sets one key of the configuration, which checks its value along with all others.
/// </summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    private const string CachingKey = "furiosa.kv-cache.prefix-caching";

    private static readonly (string Option, string[] Aliases, string Key)[] Options =
    [
        ("--revision", [], "furiosa.revision"),
        ("--host", [], "furiosa.http.host"),
        ("--port", [], "furiosa.http.port"),
        ("--otlp-traces-endpoint", [], "furiosa.tracing.endpoint"),
        ("--log-level", [], "furiosa.log.level"),
        ("--log-format", [], "furiosa.log.format"),
        ("--admin-host", [], "furiosa.admin.host"),
        ("--admin-port", [], "furiosa.admin.port"),
        ("--admin-key", [], "furiosa.admin.key"),
        ("--data-parallel-routing-policy", [], "furiosa.routing.policy"),
        ("--data-parallel-scoring-profile", [], "furiosa.routing.scoring-profile"),
        ("--role", [], "furiosa.role"),
        ("--hostname", [], "furiosa.cluster.hostname"),
        ("--cluster-port", [], "furiosa.cluster.port"),
        ("--seed-nodes", [], "furiosa.cluster.seed-nodes"),
        ("--node-name", [], "furiosa.cluster.node-name"),
        ("--cluster-ca", [], "furiosa.cluster.tls.ca"),
        ("--cluster-certificate", [], "furiosa.cluster.tls.certificate"),
        ("--cluster-key", [], "furiosa.cluster.tls.key"),
        ("--chat-template", [], "furiosa.chat-template"),
        ("--chat-template-content-format", [], "furiosa.chat-template-content-format"),
        ("--default-chat-template-kwargs", [], "furiosa.default-chat-template-kwargs"),
        ("--response-role", [], "furiosa.response-role"),
        ("--tool-call-parser", [], "furiosa.tool-call-parser"),
        ("--reasoning-parser", [], "furiosa.reasoning-parser"),
        ("--tensor-parallel-size", ["-tp"], "furiosa.tensor-parallel-size"),
        ("--pipeline-parallel-size", ["-pp"], "furiosa.pipeline-parallel-size"),
        ("--data-parallel-size", ["-dp"], "furiosa.data-parallel-size"),
        ("--devices", [], "furiosa.devices.use"),
        ("--served-model-name", [], "furiosa.served-model-name"),
        ("--allowed-origins", [], "furiosa.http.allowed-origins"),
        ("--responses-api-store-max-entries", [], "furiosa.responses.max-entries"),
        ("--responses-api-store-ttl", [], "furiosa.responses.time-to-live"),
        ("--ssl-certfile", [], "furiosa.http.tls.certificate-file"),
        ("--ssl-keyfile", [], "furiosa.http.tls.key-file"),
        ("--max-model-len", [], "furiosa.max-model-len"),
        ("--dtype", [], "furiosa.dtype"),
        ("--quantization", [], "furiosa.quantization"),
        ("--bf16-products", [], "furiosa.bf16-products"),
        ("--bf16-weights", [], "furiosa.bf16-weights"),
        ("--kv-cache-dtype", [], "furiosa.kv-cache.dtype"),
        ("--max-num-batched-tokens", [], "furiosa.scheduler.max-num-batched-tokens"),
        ("--max-concurrency", [], "furiosa.scheduler.max-concurrency"),
        ("--prompt-lookup-num-tokens", [], "furiosa.scheduler.prompt-lookup-num-tokens"),
    ];

    /// <summary>The names of all options that set something, for the help's test.</summary>
    public static IEnumerable<string> OptionNames => Create().Options.SelectMany(option => option.Aliases.Prepend(option.Name));

    public static Command Create()
    {
        var command = new Command(Name, "Serve a model.");
        var model = new Argument<string?>("MODEL") { Arity = ArgumentArity.ZeroOrOne };
        var modelOption = new Option<string?>("--model");
        var config = new Option<string?>("--config");
        var keys = new Option<string[]>("--api-key") { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
        var caching = new Option<bool>("--enable-prefix-caching") { Arity = ArgumentArity.Zero };
        var noCaching = new Option<bool>("--no-enable-prefix-caching") { Arity = ArgumentArity.Zero };
        var store = new Option<bool>("--enable-responses-api-store") { Arity = ArgumentArity.Zero };
        var noStore = new Option<bool>("--no-enable-responses-api-store") { Arity = ArgumentArity.Zero };
        var noStats = new Option<bool>("--disable-log-stats") { Arity = ArgumentArity.Zero };
        var payloads = new Option<bool>("--enable-payload-logging") { Arity = ArgumentArity.Zero };
        var metrics = new Option<bool>("--enable-metrics") { Arity = ArgumentArity.Zero };
        var autoTools = new Option<bool>("--enable-auto-tool-choice") { Arity = ArgumentArity.Zero };
        var simple = Options.Select(entry => (Option: new Option<string?>(entry.Option, entry.Aliases), entry.Key)).ToList();

        command.Arguments.Add(model);
        foreach (var option in (Option[])[modelOption, config, keys, caching, noCaching, store, noStore, autoTools, noStats, payloads, metrics, .. simple.Select(entry => entry.Option)]) command.Options.Add(option);
        command.SetAction((parsed, _) =>
        {
            var layer = new SettingsLayer();
            foreach (var (option, key) in simple) Set(layer, key, parsed.GetValue(option), option.Name);
            Set(layer, "furiosa.model", parsed.GetValue(modelOption) ?? parsed.GetValue(model), "--model");
            if (parsed.GetValue(keys) is { Length: > 0 } values) layer.Set(["furiosa", "http", "api-keys"], new Setting(values, IsList: true, "--api-key"));
            if (parsed.GetValue(caching)) Set(layer, CachingKey, "on", caching.Name);
            if (parsed.GetValue(noCaching)) Set(layer, CachingKey, "off", noCaching.Name);
            if (parsed.GetValue(store)) Set(layer, "furiosa.responses.store", "on", store.Name);
            if (parsed.GetValue(noStore)) Set(layer, "furiosa.responses.store", "off", noStore.Name);
            if (parsed.GetValue(noStats)) Set(layer, "furiosa.log.statistics", "off", noStats.Name);
            if (parsed.GetValue(payloads)) Set(layer, "furiosa.log.payloads", "on", payloads.Name);
            if (parsed.GetValue(autoTools)) Set(layer, "furiosa.enable-auto-tool-choice", "on", autoTools.Name);
            return ServeRunner.RunAsync(parsed.GetValue(config), layer);
        });
        command.Validators.Add(result =>
        {
            // Values are taken from the tokens: an option that lacks its value is told as such after this, and its value may not be asked for.
            var (first, second) = (result.GetValue(model), result.GetResult(modelOption) is { Tokens: [var named] } ? named.Value : null);
            foreach (var option in simple.Select(entry => entry.Option).Append(modelOption).Append(config))
            {
                if (result.GetResult(option) is { Tokens: [var token] } && string.IsNullOrWhiteSpace(token.Value)) result.AddError($"{option.Name} is empty: give it a value or leave it out");
            }
            if (first is not null && first.Trim().Length == 0) result.AddError("The model is empty: name its directory or leave it out for the bundled one");
            if (first is not null && second is not null && first != second) result.AddError($"Two models are named, '{first}' and --model '{second}': one is served");
            if (result.GetValue(caching) && result.GetValue(noCaching)) result.AddError($"{caching.Name} and {noCaching.Name} exclude each other");
            if (result.GetValue(store) && result.GetValue(noStore)) result.AddError($"{store.Name} and {noStore.Name} exclude each other");
        });
        return command;
    }

    private static void Set(SettingsLayer layer, string key, string? value, string option)
    {
        if (value is not null) layer.Set(key, value, option);
    }
}
