using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Models;

/// <summary>How much room weights kept as BF16 take. Answers are the same.</summary>
public enum Bf16Weights
{
    /// <summary>Twelve bits each where products are exact and the processor has AVX2.</summary>
    Auto,

    /// <summary>Sixteen bits each.</summary>
    Plain,
}

/// <summary>Names and meaning of <see cref="Bf16Weights"/>.</summary>
public static class Bf16WeightsNames
{
    /// <summary>Reads <c>auto</c> or <c>plain</c>.</summary>
    /// <param name="name">The word.</param>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static Bf16Weights Parse(string name) => name switch
    {
        "auto" => Bf16Weights.Auto,
        "plain" => Bf16Weights.Plain,
        _ => throw new ArgumentException($"bf16-weights '{name}' is not known: use auto or plain."),
    };

    /// <summary>Whether weights are compressed here, where they can be.</summary>
    internal static bool Compresses(this Bf16Weights weights) => weights == Bf16Weights.Auto && Avx2.IsSupported;
}
