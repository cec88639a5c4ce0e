using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>A causal convolution over positions, each channel by itself, for one position.</summary>
internal static unsafe class ConvKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// <c>y = gate * (sum of taps[k] * rows[k] + bias)</c>, channel by channel. The first product is rounded, the others are added to it by fused multiply-adds in
    /// ascending k, then the bias.
    /// </summary>
    /// <param name="rows">The channels of each position, in ascending order.</param>
    /// <param name="count">Positions, one at least.</param>
    /// <param name="taps">[count][channels]: the weights of the first position, and so on.</param>
    /// <param name="tapStride">Floats from one position's weights to the next.</param>
    /// <param name="bias">One for each channel; null for none.</param>
    /// <param name="gate">One for each channel.</param>
    /// <param name="y">Takes the result.</param>
    /// <param name="channels">Channels, any number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float** rows, int count, float* taps, nint tapStride, float* bias, float* gate, float* y, int channels)
    {
        for (int i = 0; i < channels; i += 16)
        {
            int rest = channels - i;
            var sum = Sum(rows, count, taps, tapStride, bias, i, rest);
            LaneTail<TLanes>.Store(y + i, LaneTail<TLanes>.Load(gate + i, rest) * sum, rest);
        }
    }

    /// <summary><c>y = silu(sum of taps[k] * rows[k] + bias)</c>, with the sum of <see cref="Run"/> and the SiLU of <see cref="ActivationKernels{TLanes}"/>.</summary>
    /// <param name="rows">The channels of each position, in ascending order.</param>
    /// <param name="count">Positions, one at least.</param>
    /// <param name="taps">[count][channels]: the weights of the first position, and so on.</param>
    /// <param name="tapStride">Floats from one position's weights to the next.</param>
    /// <param name="bias">One for each channel; null for none.</param>
    /// <param name="y">Takes the result.</param>
    /// <param name="channels">Channels, any number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Silu(float** rows, int count, float* taps, nint tapStride, float* bias, float* y, int channels)
    {
        for (int i = 0; i < channels; i += 16)
        {
            int rest = channels - i;
            LaneTail<TLanes>.Store(y + i, LaneMath.Silu(Sum(rows, count, taps, tapStride, bias, i, rest)), rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Sum(float** rows, int count, float* taps, nint tapStride, float* bias, int i, int rest)
    {
        var sum = LaneTail<TLanes>.Load(rows[0] + i, rest) * LaneTail<TLanes>.Load(taps + i, rest);
        for (int k = 1; k < count; k++) sum = TLanes.Fma(LaneTail<TLanes>.Load(rows[k] + i, rest), LaneTail<TLanes>.Load(taps + k * tapStride + i, rest), sum);
        return bias is null ? sum : sum + LaneTail<TLanes>.Load(bias + i, rest);
    }
}
