using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>How a panel of 32 columns stores two consecutive k: unpacked as two vectors of sixteen columns for each k.</summary>
internal unsafe interface IPanelFormat<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Bytes that two k of all 32 columns take.</summary>
    static abstract int PairBytes { get; }

    /// <summary>Whether unpacking takes more than loading.</summary>
    static abstract bool Widens { get; }

    /// <summary>Whether unpacking is but a shift or a mask.</summary>
    static abstract bool Shifts { get; }

    /// <summary>The even k.</summary>
    static abstract void Low(byte* pair, out TLanes left, out TLanes right);

    /// <summary>The odd k.</summary>
    static abstract void High(byte* pair, out TLanes left, out TLanes right);

    /// <summary>The even k of sixteen columns.</summary>
    /// <param name="pair">The pair, or 64 bytes behind it for the right half.</param>
    static abstract TLanes LowHalf(byte* pair);

    /// <summary>The odd k of sixteen columns.</summary>
    /// <param name="pair">The pair, or 64 bytes behind it for the right half.</param>
    static abstract TLanes HighHalf(byte* pair);
}

/// <summary>bfloat16: k in the low half of a 32-bit word, k + 1 in the high half. Widening is a shift or a mask, without shuffles.</summary>
internal readonly unsafe struct Bf16Panel<TLanes> : IPanelFormat<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static int PairBytes => 128;

    public static bool Widens => true;

    public static bool Shifts => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Low(byte* pair, out TLanes left, out TLanes right)
    {
        left = TLanes.LoadBf16Low((uint*)pair);
        right = TLanes.LoadBf16Low((uint*)pair + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void High(byte* pair, out TLanes left, out TLanes right)
    {
        left = TLanes.LoadBf16High((uint*)pair);
        right = TLanes.LoadBf16High((uint*)pair + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LowHalf(byte* pair) => TLanes.LoadBf16Low((uint*)pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes HighHalf(byte* pair) => TLanes.LoadBf16High((uint*)pair);
}

/// <summary>Half precision with another bias (<see cref="RebiasedHalf"/>), in words as bfloat16.</summary>
internal readonly unsafe struct F16Panel<TLanes> : IPanelFormat<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static int PairBytes => 128;

    public static bool Widens => true;

    public static bool Shifts => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Low(byte* pair, out TLanes left, out TLanes right)
    {
        left = LowHalf(pair);
        right = LowHalf(pair + 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void High(byte* pair, out TLanes left, out TLanes right)
    {
        left = HighHalf(pair);
        right = HighHalf(pair + 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LowHalf(byte* pair) => TLanes.LoadHalfLow((uint*)pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes HighHalf(byte* pair) => TLanes.LoadHalfHigh((uint*)pair);
}

/// <summary>float: 32 columns of k, then 32 columns of k + 1.</summary>
internal readonly unsafe struct F32Panel<TLanes> : IPanelFormat<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static int PairBytes => 256;

    public static bool Widens => false;

    public static bool Shifts => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Low(byte* pair, out TLanes left, out TLanes right)
    {
        left = TLanes.Load((float*)pair);
        right = TLanes.Load((float*)pair + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void High(byte* pair, out TLanes left, out TLanes right)
    {
        left = TLanes.Load((float*)pair + 32);
        right = TLanes.Load((float*)pair + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LowHalf(byte* pair) => TLanes.Load((float*)pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes HighHalf(byte* pair) => TLanes.Load((float*)pair + 32);
}
