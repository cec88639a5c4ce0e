using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>Rounds activations to bfloat16, ties to even, two inputs to a 32-bit word: the even one in the low half.</summary>
internal static unsafe class RowRounder
{
    private const int Step = 16;

    /// <summary>Rounds one row.</summary>
    /// <param name="layout">How its inputs are cut into chunks; the last pair of a chunk of odd length is filled up with zero.</param>
    /// <param name="row">The inputs.</param>
    /// <param name="target">Takes <see cref="GroupLayout.RowBytes"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(GroupLayout layout, float* row, byte* target)
    {
        for (int chunk = 0; chunk < layout.ChunkCount; chunk++)
        {
            uint* pairs = (uint*)target + layout.ChunkGroups[chunk];
            float* x = row + layout.ChunkStarts[chunk];
            int count = layout.ChunkStarts[chunk + 1] - layout.ChunkStarts[chunk], k = 0;
            for (; k + Step <= count; k += Step) Vector256.Narrow(Joined(x + k), Joined(x + k + 8)).Store(pairs + k / 2);
            for (; k < count; k += 2)
                pairs[k / 2] = PanelPacker.RoundToBf16(x[k]) | (k + 1 < count ? (uint)PanelPacker.RoundToBf16(x[k + 1]) << 16 : 0);
        }
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
