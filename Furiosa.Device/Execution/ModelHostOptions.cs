using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Device.Execution;

/// <summary>How a model is opened.</summary>
public sealed record ModelHostOptions
{
    /// <summary>Hugging Face model directory.</summary>
    public required string ModelDirectory { get; init; }

    /// <summary>How weights are kept in memory.</summary>
    public WeightDtype Dtype { get; init; } = WeightDtype.Auto;

    /// <summary>Whether weights are quantised as they are packed.</summary>
    public WeightQuantization Quantization { get; init; }

    /// <summary>How weights kept as BF16 are multiplied.</summary>
    public Bf16Products Bf16Products { get; init; }

    /// <summary>Whether weights kept as BF16 are compressed.</summary>
    public Bf16Weights Bf16Weights { get; init; }

    /// <summary>How keys and values are kept.</summary>
    public KvCacheDtype KvCacheDtype { get; init; }

    /// <summary>Longest sequence in tokens; null for what the model was made for.</summary>
    public int? MaxModelLen { get; init; }

    /// <summary>The process's compute threads; null to start a team that the host owns, as many threads as the cores it may use.</summary>
    public ComputeTeam? ComputeTeam { get; init; }

    /// <summary>Threads of a team that the host owns; null for as many as the cores it may use.</summary>
    public int? ComputeThreads { get; init; }

    /// <summary>Instructions to use.</summary>
    public KernelLevel Kernels { get; init; } = KernelLevel.Auto;

    /// <summary>Told after each weight file that was opened.</summary>
    public Action<ShardProgress>? ShardOpened { get; init; }

    /// <summary>
    /// What each token id stands for in a text, empty for special tokens; read once, on another thread. Null where no sequence will
    /// follow a grammar.
    /// </summary>
    public Func<IReadOnlyList<byte[]>>? TokenBytes { get; init; }

    /// <summary>Whether a stage computes a few hidden steps before it is given out, so that the first requests meet compiled kernels.</summary>
    public bool WarmUp { get; init; }

    /// <summary>How precisely rotary frequencies are kept.</summary>
    public RopePrecision RopePrecision { get; init; }
}
