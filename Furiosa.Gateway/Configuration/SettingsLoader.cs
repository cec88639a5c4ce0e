using System.Collections;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Routing;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi.Responses;

namespace Furiosa.Gateway.Configuration;

/// <summary>Lays the layers over each other and checks the result: reference, role, the admin's file, environment, command line.</summary>
internal static class SettingsLoader
{
    /// <param name="configFile">The admin's file; null for none.</param>
    /// <param name="environment">The process's environment.</param>
    /// <param name="commandLine">What the options set.</param>
    /// <exception cref="ConfigurationException">Something is wrong; every problem has its line.</exception>
    public static FuriosaSettings Load(string? configFile, IDictionary environment, SettingsLayer commandLine) =>
        Check(new SettingsSources(configFile, environment, commandLine).Merge());

    /// <summary>Checks the layers' result, and finds the model: one on the hub is fetched.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; every problem has its line.</exception>
    public static FuriosaSettings Check(MergedSettings sources)
    {
        var settings = Read(sources);
        var (model, revision) = ModelOf(sources);
        return settings with { Runtime = settings.Runtime with { ModelDirectory = ModelLocator.Resolve(model, revision) } };
    }

    /// <summary>Checks the layers' result. The model is not looked for: its directory stays empty unless it is one that is here.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; every problem has its line.</exception>
    public static FuriosaSettings Read(MergedSettings sources)
    {
        var (merged, problems) = (sources.Settings, sources.Unknown.ToList());
        var reader = new SettingReader(merged);
        var model = reader.Text("furiosa.model");
        var template = reader.Text("furiosa.chat-template");
        if (template is not null && !File.Exists(template)) reader.Problem("furiosa.chat-template", merged.Find("furiosa.chat-template")!, "is no file; give the path of a Jinja2 template");
        var http = ReadHttp(reader);
        var runtime = ReadRuntime(reader, model is null ? "" : ModelLocator.FindHere(model) ?? "", ClusterSection.ReadRole(reader), AkkaSection.Write(merged));
        var settings = new FuriosaSettings
        {
            ServedModelName = reader.Text("furiosa.served-model-name") ?? model ?? ModelLocator.BundledName,
            RefuseUnknownModels = reader.Switch("furiosa.refuse-unknown-models"),
            ChatTemplateFile = template,
            ResponseRole = reader.Text("furiosa.response-role") ?? "assistant",
            DefaultTemplateArguments = reader.JsonObject("furiosa.default-chat-template-kwargs"),
            ChatContentFormat = reader.OneOf("furiosa.chat-template-content-format", "auto", "string", "openai"),
            EmbeddingPooling = reader.OneOf("furiosa.embeddings.pooling", "mean", "last"),
            Parsing = AnswerParsing.Read(reader),
            Http = http,
            Admin = AdminSection.Read(reader),
            Log = LogSection.Read(reader),
            Tracing = TracingSection.Read(reader),
            Keys = LimitSection.ReadKeys(reader),
            Limits = LimitSection.Read(reader),
            Runtime = runtime,
        };
        Conflicts.Check(reader, settings);
        problems.AddRange(reader.Problems);
        if (problems.Count > 0) throw new ConfigurationException(string.Join(Environment.NewLine, problems));
        return settings;
    }

    /// <summary>The model and its revision, as they were written; null where they were not.</summary>
    public static (string? Model, string? Revision) ModelOf(MergedSettings sources)
    {
        var reader = new SettingReader(sources.Settings);
        return (reader.Text("furiosa.model"), reader.Text("furiosa.revision"));
    }

    private static HttpOptions ReadHttp(SettingReader reader) => new()
    {
        Host = reader.Text("furiosa.http.host") ?? "0.0.0.0",
        Port = reader.Integer("furiosa.http.port", 0, 65_535) ?? 8000,
        AllowedOrigins = reader.List("furiosa.http.allowed-origins"),
        KeepAliveInterval = reader.Duration("furiosa.http.keep-alive-interval") ?? TimeSpan.FromSeconds(15),
        CertificateFile = reader.Text("furiosa.http.tls.certificate-file"),
        KeyFile = reader.Text("furiosa.http.tls.key-file"),
        KeyPassword = reader.Text("furiosa.http.tls.key-password"),
        Responses = new ResponseStoreOptions
        {
            IsEnabled = reader.Switch("furiosa.responses.store"),
            MaxEntries = reader.Integer("furiosa.responses.max-entries", 1, 1_000_000) ?? 10_000,
            MaxBytes = reader.Size("furiosa.responses.max-size") ?? 256L * 1024 * 1024,
            TimeToLive = reader.Duration("furiosa.responses.time-to-live") ?? TimeSpan.FromHours(1),
        },
        LogPayloads = reader.Switch("furiosa.log.payloads"),
        MaxBodyBytes = reader.Size("furiosa.http.max-body-size") ?? 10 * 1024 * 1024,
    };

    private static RuntimeOptions ReadRuntime(SettingReader reader, string directory, NodeRoles role, string akka) => new()
    {
        ModelDirectory = directory,
        Role = role,
        Cluster = ClusterSection.Read(reader, role),
        RoutingPolicy = reader.OneOf("furiosa.routing.policy", [.. ReplicaRouters.Policies]),
        ScoringProfile = reader.OneOf("furiosa.routing.scoring-profile", [.. ReplicaRouters.Profiles]),
        ResumeWindow = reader.Duration("furiosa.cluster.resume-window") ?? TimeSpan.FromMinutes(5),
        StepTimeout = reader.Duration("furiosa.cluster.step-timeout") ?? TimeSpan.FromMinutes(2),
        TensorParallel = reader.Integer("furiosa.tensor-parallel-size", 1, 1024),
        PipelineParallel = reader.Integer("furiosa.pipeline-parallel-size", 1, 1024),
        DataParallel = reader.Integer("furiosa.data-parallel-size", 1, 1024),
        Devices = reader.Text("furiosa.devices.use"),
        EmulatedDevices = reader.Integer("furiosa.devices.count", 1, 1024),
        EmulatedDeviceBytes = reader.Size("furiosa.devices.memory"),
        MaxModelLen = reader.Integer("furiosa.max-model-len", 1, int.MaxValue),
        Dtype = reader.OneOf("furiosa.dtype", "auto", "bfloat16", "float32"),
        Quantization = reader.OneOf("furiosa.quantization", [.. RuntimeOptions.Quantizations]),
        Bf16Products = reader.OneOf("furiosa.bf16-products", "exact", "fast"),
        Bf16Weights = reader.OneOf("furiosa.bf16-weights", "auto", "plain"),
        RopeFrequencies = reader.OneOf("furiosa.rope-frequencies", "auto", "float32", "bfloat16"),
        EnablePrefixCaching = reader.Switch("furiosa.kv-cache.prefix-caching"),
        KvCacheDtype = reader.OneOf("furiosa.kv-cache.dtype", "auto", "float32", "bfloat16", "int8"),
        KvCacheBytes = reader.Size("furiosa.kv-cache.memory"),
        MaxNumBatchedTokens = reader.Integer("furiosa.scheduler.max-num-batched-tokens", 1, 1 << 20),
        MaxConcurrency = reader.Integer("furiosa.scheduler.max-concurrency", 1, 1 << 16),
        PromptLookupTokens = reader.Integer("furiosa.scheduler.prompt-lookup-num-tokens", 0, RuntimeOptions.MaxPromptLookupTokens) ?? RuntimeOptions.DefaultPromptLookupTokens,
        MaxQueuedRequests = reader.Integer("furiosa.scheduler.max-queued-requests", 1, 1 << 20) ?? 4096,
        WarmUp = reader.Switch("furiosa.warm-up"),
        ComputeThreads = reader.Integer("furiosa.compute.threads", 1, 1024),
        DrainTimeout = reader.Duration("furiosa.shutdown.drain-timeout") ?? TimeSpan.FromSeconds(30),
        AkkaHocon = akka,
    };
}
