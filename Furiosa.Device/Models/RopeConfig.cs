using System.Collections.Immutable;

namespace Furiosa.Device.Models;

/// <summary>The parameters of the rotary position embedding. Fields beyond <see cref="Factor"/> matter only to the types that name them.</summary>
public sealed record RopeConfig
{
    /// <summary>The base of the frequencies.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>How frequencies are stretched.</summary>
    public RopeType Type { get; init; }

    /// <summary>By how much (linear, dynamic, llama3, yarn; longrope's attention factor).</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Wavelengths longer than the original length over this are divided by the factor (llama3).</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Wavelengths shorter than the original length over this are kept (llama3).</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>The length the model was first trained for, in tokens (dynamic, llama3, yarn, longrope).</summary>
    public int OriginalMaxPositions { get; init; }

    /// <summary>Rotations above which a dimension is kept (yarn).</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Rotations below which a dimension is divided by the factor (yarn).</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>The factor on cosine and sine, or null to derive it (yarn, longrope).</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Scale of the derived attention factor's numerator (yarn).</summary>
    public double? Mscale { get; init; }

    /// <summary>Scale of the derived attention factor's denominator (yarn).</summary>
    public double? MscaleAllDim { get; init; }

    /// <summary>Whether the borders of the ramp are rounded to whole dimensions (yarn).</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Divisors of each pair's frequency for sequences up to the original length (longrope).</summary>
    public ImmutableArray<double> ShortFactors { get; init; } = [];

    /// <summary>Divisors of each pair's frequency for longer sequences (longrope).</summary>
    public ImmutableArray<double> LongFactors { get; init; } = [];

    /// <summary>
    /// Whether inverse frequencies are rounded to bfloat16, as happens in Hugging Face when a whole model is cast
    /// (<c>model.to(torch.bfloat16)</c>) rather than loaded. Reference data made that way need it.
    /// </summary>
    internal bool Bfloat16Frequencies { get; init; }

    /// <summary>Whether rounding means cosines and sines instead, for a model whose code keeps a table of them (GPT-J).</summary>
    internal bool KeepsTable { get; init; }

    /// <summary>Whether rounding does not touch it, for a model whose code computes frequencies anew for each step (PhiMoE).</summary>
    internal bool StaysFloat { get; init; }

    /// <summary>Whether pairs are turned the other way (NanoChat).</summary>
    internal bool Backwards { get; init; }

    /// <summary>How far positions may go where the rotation is made to stretch.</summary>
    internal int StretchedPositions(int maxPositions) => Type switch
    {
        RopeType.Dynamic => (int)Math.Min(1 << 24, maxPositions * Factor),
        RopeType.Yarn => (int)Math.Min(1 << 24, OriginalMaxPositions * Factor),
        _ => maxPositions,
    };
}
