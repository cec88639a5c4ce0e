using Furiosa.Actors.Cluster;
using Furiosa.Actors.Usage;
using Furiosa.Device.Models;
using Microsoft.Extensions.Logging;

namespace Furiosa.Actors.Hosting;

/// <summary>What the runtime is started with: the merged result of HOCON, environment and command line, checked by the gateway.</summary>
public sealed record RuntimeOptions
{
    /// <summary>Hugging Face model directory.</summary>
    public required string ModelDirectory { get; init; }

    /// <summary>PEs that share each layer; null for the default (4).</summary>
    public int? TensorParallel { get; init; }

    /// <summary>Stages; null for the default (1).</summary>
    public int? PipelineParallel { get; init; }

    /// <summary>Replicas; null to infer.</summary>
    public int? DataParallel { get; init; }

    /// <summary>Device specification, e.g. <c>npu:0:*,npu:1:*</c>; null for all available.</summary>
    public string? Devices { get; init; }

    /// <summary>Longest sequence in tokens; null for what the model and the memory allow.</summary>
    public int? MaxModelLen { get; init; }

    /// <summary>How weights are kept: <c>auto</c>, <c>bfloat16</c> or <c>float32</c>.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>The words for <see cref="Quantization"/>.</summary>
    public static IReadOnlyList<string> Quantizations => WeightQuantizations.Names;

    /// <summary>Whether weights are quantised on loading: one of <see cref="Quantizations"/>.</summary>
    public string Quantization { get; init; } = "none";

    /// <summary>How weights kept as BF16 are multiplied: <c>exact</c> or <c>fast</c>, with rows rounded to BF16.</summary>
    public string Bf16Products { get; init; } = "exact";

    /// <summary>How much room BF16 weights take: <c>auto</c> (12 bits where they can) or <c>plain</c> (16).</summary>
    public string Bf16Weights { get; init; } = "auto";

    /// <summary>How keys and values are kept: <c>auto</c>, <c>float32</c>, <c>bfloat16</c> or <c>int8</c>.</summary>
    public string KvCacheDtype { get; init; } = "auto";

    /// <summary>How precisely rotary frequencies are kept: <c>auto</c>, <c>float32</c> or <c>bfloat16</c>.</summary>
    public string RopeFrequencies { get; init; } = "auto";

    /// <summary>Whether KV blocks of prompts and outputs are kept for later requests.</summary>
    public bool EnablePrefixCaching { get; init; } = true;

    /// <summary>Most tokens in one step; null for the default.</summary>
    public int? MaxNumBatchedTokens { get; init; }

    /// <summary>Most next tokens that one step guesses from what a text said before, over all its sequences; 0 for none. A model that keeps states has no guesses.</summary>
    public int PromptLookupTokens { get; init; } = DefaultPromptLookupTokens;

    /// <summary>Default of <see cref="PromptLookupTokens"/>: with the tokens that they follow as many rows as a product takes in one pass over the weights.</summary>
    public const int DefaultPromptLookupTokens = 7;

    /// <summary>Upper limit of <see cref="PromptLookupTokens"/>.</summary>
    public const int MaxPromptLookupTokens = 64;

    /// <summary>Most sequences running at once in one replica; null for the default.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>Steps under way at once in one replica; null for 1: the stages of a process share its cores, and more would only make smaller batches.</summary>
    public int? StepsInFlight { get; init; }

    /// <summary>Bytes for all KV caches; null to plan from free memory.</summary>
    public long? KvCacheBytes { get; init; }

    /// <summary>Compute threads; null for the cores this process may use.</summary>
    public int? ComputeThreads { get; init; }

    /// <summary>Whether groups compute a few hidden steps before they serve, so that the first requests meet compiled kernels.</summary>
    public bool WarmUp { get; init; }

    /// <summary>Number of emulated NPUs (<c>furiosa.devices</c>); null for auto.</summary>
    public int? EmulatedDevices { get; init; }

    /// <summary>Memory of each emulated NPU in bytes; null for no limit but the machine's.</summary>
    public long? EmulatedDeviceBytes { get; init; }

    /// <summary>
    /// What each token id stands for in a text, empty for special tokens; called once, on another thread. Null refuses to follow
    /// grammars.
    /// </summary>
    public Func<IReadOnlyList<byte[]>>? TokenBytes { get; init; }

    /// <summary>Akka's own settings as HOCON text, merged over the built-in ones; null for none.</summary>
    public string? AkkaHocon { get; init; }

    /// <summary>What clients use, exchanged with the other gateways of a cluster; null for not at all.</summary>
    public UsageLedger? Usage { get; init; }

    /// <summary>Where the runtime logs; null for Akka's own logger on standard output.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>What this process does.</summary>
    public NodeRoles Role { get; init; } = NodeRoles.All;

    /// <summary>The cluster that it is part of; null for a process by itself.</summary>
    public ClusterOptions? Cluster { get; init; }

    /// <summary>A step that has not come back after this time counts as lost, and its group with it.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How requests are shared among replicas: one of <see cref="Routing.ReplicaRouters.Policies"/>.</summary>
    public string RoutingPolicy { get; init; } = "scoring";

    /// <summary>What the scoring policy looks at most: one of <see cref="Routing.ReplicaRouters.Profiles"/>.</summary>
    public string ScoringProfile { get; init; } = "balanced";

    /// <summary>How long a request is kept for a client that comes back for its stream.</summary>
    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The runtime whose place this one takes, after the cluster had given that one up: the requests that it had go on in this one. Null for
    /// the first.
    /// </summary>
    public IFuriosaRuntime? Predecessor { get; init; }

    /// <summary>Requests waiting for admission before new ones are refused as <c>Overloaded</c>.</summary>
    public int MaxQueuedRequests { get; init; } = 4096;

    /// <summary>How long a graceful stop lets running requests finish.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
