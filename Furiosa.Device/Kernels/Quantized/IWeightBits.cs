using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>How a group's block stores its weights.</summary>
internal unsafe interface IWeightBits
{
    static abstract int BlockBytes { get; }

    /// <summary>Where a row's group has the value that the integer sum starts from.</summary>
    static abstract int StartOffset { get; }

    /// <summary>Four inputs' unsigned bytes of sixteen columns.</summary>
    /// <param name="block">The block.</param>
    /// <param name="step">Which four inputs, 0 to 7.</param>
    /// <param name="half">Which sixteen columns, 0 or 1.</param>
    static abstract TIntegers Load<TIntegers, TLanes>(byte* block, int step, int half)
        where TIntegers : struct, IIntegerLanes<TIntegers, TLanes>
        where TLanes : struct;
}

/// <summary>A byte each.</summary>
internal readonly unsafe struct EightBits : IWeightBits
{
    public static int BlockBytes => 1088;

    public static int StartOffset => GroupLayout.Int8StartOffset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TIntegers Load<TIntegers, TLanes>(byte* block, int step, int half)
        where TIntegers : struct, IIntegerLanes<TIntegers, TLanes>
        where TLanes : struct => TIntegers.Load(block + 64 + step * 128 + half * 64);
}

/// <summary>Two in a byte.</summary>
internal readonly unsafe struct FourBits : IWeightBits
{
    public static int BlockBytes => 576;

    public static int StartOffset => GroupLayout.Int4StartOffset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TIntegers Load<TIntegers, TLanes>(byte* block, int step, int half)
        where TIntegers : struct, IIntegerLanes<TIntegers, TLanes>
        where TLanes : struct
    {
        var bytes = TIntegers.Load(block + 64 + (step & 3) * 128 + half * 64);
        return step < 4 ? TIntegers.LowNibbles(bytes) : TIntegers.HighNibbles(bytes);
    }
}
