using System.Runtime.Intrinsics;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels;

/// <summary>Which instructions the kernels use. All give the same bits.</summary>
public enum KernelLevel
{
    /// <summary>The best that this processor has, unless the environment variable <c>FURIOSA_KERNELS</c> names one.</summary>
    Auto,

    /// <summary>Plain floats.</summary>
    Scalar,

    /// <summary>256-bit vectors (AVX2, or what the runtime emulates with NEON).</summary>
    Vector256,

    /// <summary>512-bit vectors (AVX-512).</summary>
    Vector512,

    /// <summary>512-bit vectors with byte dot products (AVX-512 VNNI) for quantised weights, and with BF16 ones where the processor has them.</summary>
    Vnni512,
}

/// <summary>Picks a level.</summary>
internal static class KernelLevels
{
    public const string EnvironmentVariable = "FURIOSA_KERNELS";

    /// <exception cref="ArgumentException">The environment names a level that does not exist.</exception>
    public static KernelLevel Resolve(KernelLevel wanted)
    {
        if (wanted != KernelLevel.Auto) return wanted;
        string? forced = Environment.GetEnvironmentVariable(EnvironmentVariable);
        if (!string.IsNullOrWhiteSpace(forced))
        {
            if (Enum.TryParse(forced, ignoreCase: true, out KernelLevel level) && Enum.IsDefined(level))
            {
                if (level != KernelLevel.Auto) return level;
            }
            else
            {
                throw new ArgumentException($"{EnvironmentVariable}={forced}: use auto, scalar, vector256, vector512 or vnni512.");
            }
        }

        if (VnniTiles.IsSupported) return KernelLevel.Vnni512;
        if (Vector512.IsHardwareAccelerated) return KernelLevel.Vector512;
        return Vector128.IsHardwareAccelerated ? KernelLevel.Vector256 : KernelLevel.Scalar;
    }

    /// <summary>For the start-up report.</summary>
    public static string Describe(KernelLevel level) => level switch
    {
        KernelLevel.Vnni512 => VnniTiles.IsSupported ? "AVX-512 VNNI" : "AVX-512",
        KernelLevel.Vector512 => Vector512.IsHardwareAccelerated ? "AVX-512" : "512-bit vectors, emulated",
        KernelLevel.Vector256 => Vector256.IsHardwareAccelerated ? "AVX2" : "256-bit vectors, emulated",
        _ => "scalar",
    };
}
