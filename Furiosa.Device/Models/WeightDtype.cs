using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>How weights are kept in memory.</summary>
public enum WeightDtype
{
    /// <summary>As the file keeps them, exactly: BF16, F16 or F32.</summary>
    Auto,

    /// <summary>All matrices, the embedding among them, as BF16, rounded where they have more bits; norms and biases as they are.</summary>
    Bfloat16,

    /// <summary>All as float.</summary>
    Float32,
}

/// <summary>Names and meaning of <see cref="WeightDtype"/>.</summary>
public static class WeightDtypes
{
    /// <summary>Reads <c>auto</c>, <c>bfloat16</c> or <c>float32</c>.</summary>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static WeightDtype Parse(string name) => name switch
    {
        "auto" => WeightDtype.Auto,
        "bfloat16" => WeightDtype.Bfloat16,
        "float32" => WeightDtype.Float32,
        _ => throw new ArgumentException($"dtype '{name}' is not known: use auto, bfloat16 or float32."),
    };

    internal static WeightFormat FormatOf(this WeightDtype dtype, TensorType stored) => dtype switch
    {
        WeightDtype.Bfloat16 => WeightFormat.Bf16,
        WeightDtype.Float32 => WeightFormat.F32,
        _ => stored switch { TensorType.BF16 => WeightFormat.Bf16, TensorType.F16 => WeightFormat.F16, _ => WeightFormat.F32 },
    };
}
