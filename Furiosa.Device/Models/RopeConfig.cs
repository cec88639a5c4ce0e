namespace Furiosa.Device.Models;

/// <summary>The parameters of the rotary position embedding. Fields beyond <see cref="Factor"/> matter only to the types that name them.</summary>
public sealed record RopeConfig
{
    /// <summary>The base of the frequencies.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>How frequencies are stretched.</summary>
    public RopeType Type { get; init; }

    /// <summary>By how much (linear, llama3, yarn).</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Wavelengths longer than the original length over this are divided by the factor (llama3).</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Wavelengths shorter than the original length over this are kept (llama3).</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>The length the model was first trained for, in tokens (llama3, yarn).</summary>
    public int OriginalMaxPositions { get; init; }

    /// <summary>Rotations above which a dimension is kept (yarn).</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Rotations below which a dimension is divided by the factor (yarn).</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>The factor on cosine and sine, or null to derive it (yarn).</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Scale of the derived attention factor's numerator (yarn).</summary>
    public double? Mscale { get; init; }

    /// <summary>Scale of the derived attention factor's denominator (yarn).</summary>
    public double? MscaleAllDim { get; init; }

    /// <summary>Whether the borders of the ramp are rounded to whole dimensions (yarn).</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>
    /// Whether inverse frequencies are rounded to bfloat16, as happens in Hugging Face when a whole model is cast
    /// (<c>model.to(torch.bfloat16)</c>) rather than loaded. Off by default; reference data made that way need it.
    /// </summary>
    internal bool Bfloat16Frequencies { get; init; }
}
