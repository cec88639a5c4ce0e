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
        bool halves = layout.Scales == CodeScales.Halves;
        if (Avx512F.IsSupported && halves) Store<HalfScales>(block, group, count, room);
        else if (Avx512F.IsSupported) Store<ProductScales>(block, group, count, room);
        else for (int i = 0; i < count; i++) room[i] = halves ? RebiasedHalf.Widen(((ushort*)group)[i]) : ((sbyte*)group)[i] * ((float*)block)[i];
        return room;
    }

    /// <summary>Sixteen scales or offsets of a group, in AVX-512.</summary>
    /// <typeparam name="TScales">How they are kept: <see cref="FloatScales"/>, <see cref="HalfScales"/> or <see cref="ProductScales"/>.</typeparam>
    /// <param name="block">The block.</param>
    /// <param name="group">Its group.</param>
    /// <param name="at">The first of them, offsets counted on after the scales.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sixteen<TScales>(byte* block, byte* group, int at)
    {
        if (typeof(TScales) == typeof(FloatScales)) return Vector512.Load((float*)group + at);
        if (typeof(TScales) == typeof(HalfScales)) return Lanes512.Half(Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)group + at)) << 16);
        return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)group + at))) * Vector512.Load((float*)block + at);
    }

    // Stored as they are loaded: a processor waits for a vector whose parts were stored just before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TScales>(byte* block, byte* group, int count, float* room)
    {
        for (int i = 0; i < count; i += Vector512<float>.Count) Sixteen<TScales>(block, group, i).Store(room + i);
    }
}

/// <summary><see cref="CodeScales.Floats"/>, for code that is compiled for one form.</summary>
internal readonly struct FloatScales;

/// <summary><see cref="CodeScales.Halves"/>, the same.</summary>
internal readonly struct HalfScales;

/// <summary><see cref="CodeScales.Products"/>, the same.</summary>
internal readonly struct ProductScales;
