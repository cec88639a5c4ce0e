using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>Rounds activations to bfloat16, ties to even, two inputs to a 32-bit word: the even one in the low half.</summary>
internal static unsafe class RowRounder
{
    private const int Step = 16;

    /// <summary>Rounds some inputs of one row.</summary>
    /// <param name="x">The inputs.</param>
    /// <param name="count">How many there are; the last pair of an odd number is filled up with zero.</param>
    /// <param name="pairs">Takes them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* x, int count, uint* pairs)
    {
        int k = 0;
        for (; k + Step <= count; k += Step) Vector256.Narrow(Joined(x + k), Joined(x + k + 8)).Store(pairs + k / 2);
        for (; k < count; k += 2)
            pairs[k / 2] = PanelPacker.RoundToBf16(x[k]) | (k + 1 < count ? (uint)PanelPacker.RoundToBf16(x[k + 1]) << 16 : 0);
    }

    /// <summary>Eight inputs as four pairs, each in the low half of a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Joined(float* x)
    {
        var value = Vector256.Load(x);
        var bits = value.AsUInt32();
        var upper = Vector256.ShiftRightLogical(bits, 16);
        var rounded = Vector256.ShiftRightLogical(bits + Vector256.Create(0x7FFFu) + (upper & Vector256<uint>.One), 16);
        var halves = Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, upper | Vector256.Create(0x40u)).AsUInt64();
        return (halves | Vector256.ShiftRightLogical(halves, 16)) & Vector256.Create(0xFFFFFFFFul);
    }
}
