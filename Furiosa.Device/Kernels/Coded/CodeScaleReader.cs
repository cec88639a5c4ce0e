using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>Reads the scales and offsets of a group as the floats that they stand for.</summary>
internal static unsafe class CodeScaleReader
{
    /// <summary>Floats that a group has at most: 32 scales and 32 offsets.</summary>
    public const int MostFloats = 2 * PackedMatrix.PanelColumns;

    /// <summary>32 scales and, where there are any, 32 offsets behind them.</summary>
    /// <param name="layout">How the block is laid out.</param>
    /// <param name="block">The block.</param>
    /// <param name="group">Its group.</param>
    /// <param name="room">Takes the floats where they do not stand in the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float* Read(CodeLayout layout, byte* block, byte* group, float* room)
    {
        int count = layout.HasOffset ? MostFloats : PackedMatrix.PanelColumns;
        if (layout.Scales == CodeScales.Floats) return (float*)group;
        if (layout.Scales == CodeScales.Halves) Halves((ushort*)group, count, room);
        else Products((float*)block, (sbyte*)group, count, room);
        return room;
    }

    // Stored as they are loaded: a processor waits for a vector whose parts were stored just before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(ushort* halves, int count, float* room)
    {
        if (Avx512F.IsSupported)
        {
            for (int i = 0; i < count; i += 16) Lanes512.Store(room + i, Lanes512.HighHalves(Avx512F.ConvertToVector512Int32(Vector256.Load(halves + i)) << 16));
            return;
        }

        for (int i = 0; i < count; i++) room[i] = RebiasedHalf.Widen(halves[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products(float* units, sbyte* factors, int count, float* room)
    {
        int i = 0;
        for (; Avx512F.IsSupported && i < count; i += 16)
            (Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(factors + i))) * Vector512.Load(units + i)).Store(room + i);
        for (; i < count; i++) room[i] = factors[i] * units[i];
    }
}
