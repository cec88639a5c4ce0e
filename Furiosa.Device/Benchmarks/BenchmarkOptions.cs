namespace Furiosa.Device.Benchmarks;

/// <summary>What an engine benchmark runs.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Hugging Face model directory.</summary>
    public required string ModelDirectory { get; init; }

    /// <summary>Ways to keep the weights, of <see cref="Models.WeightQuantizations.Names"/>; each round runs all of them, one after another.</summary>
    public IReadOnlyList<string> Quantizations { get; init; } = ["none"];

    /// <summary>How weights kept as BF16 are multiplied: <c>exact</c> or <c>fast</c>.</summary>
    public string Bf16Products { get; init; } = "exact";

    /// <summary>As in <c>--bf16-weights</c>.</summary>
    public string Bf16Weights { get; init; } = "auto";

    /// <summary>How keys and values are kept: <c>auto</c>, <c>float32</c>, <c>bfloat16</c> or <c>int8</c>.</summary>
    public string KvCacheDtype { get; init; } = "auto";

    /// <summary>PEs of the one stage: 1, 2, 4 or 8.</summary>
    public int TensorParallel { get; init; } = 4;

    /// <summary>Compute threads; null for the cores this process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>Tokens of the prompt, computed in one step.</summary>
    public int PromptTokens { get; init; } = 512;

    /// <summary>Tokens that each sequence of a batch decodes behind the prompt.</summary>
    public int NewTokens { get; init; } = 32;

    /// <summary>Sequences decoded side by side: one figure for each entry.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1, 8, 16];

    /// <summary>Rounds; figures are medians. One more comes first and does not count.</summary>
    public int Rounds { get; init; } = 5;
}
