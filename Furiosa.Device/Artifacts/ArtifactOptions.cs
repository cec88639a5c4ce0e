namespace Furiosa.Device.Artifacts;

/// <summary>How an artifact is built.</summary>
public sealed record ArtifactOptions
{
    /// <summary>The model: a Hugging Face directory or a GGUF file.</summary>
    public required string Model { get; init; }

    /// <summary>The directory to write, which must be there and empty.</summary>
    public required string Output { get; init; }

    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The version of this program.</summary>
    public required string ProgramVersion { get; init; }

    /// <summary>When it is built.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The tensor parallelism that shares are cut for: 1, 2, 4 or 8.</summary>
    public int TensorParallel { get; init; } = 4;

    /// <summary>As in <c>--dtype</c>.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>As in <c>--quantization</c>.</summary>
    public string Quantization { get; init; } = "none";

    /// <summary>As in <c>--bf16-weights</c>.</summary>
    public string Bf16Weights { get; init; } = "auto";

    /// <summary>Compute threads; null for as many as the cores this process may use.</summary>
    public int? ComputeThreads { get; init; }
}
