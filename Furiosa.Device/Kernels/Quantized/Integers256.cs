using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Sixteen lanes in two 256-bit vectors.</summary>
internal readonly unsafe struct Integers256(Vector256<int> low, Vector256<int> high) : IIntegerLanes<Integers256, Lanes256>
{
    private readonly Vector256<int> _low = low;
    private readonly Vector256<int> _high = high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 Load(byte* source) => new(Vector256.Load((int*)source), Vector256.Load((int*)source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 Broadcast(int value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 Even(Integers256 bytes)
    {
        var mask = Vector256.Create(0x00FF00FF);
        return new(bytes._low & mask, bytes._high & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 Odd(Integers256 bytes) => new(
        Vector256.ShiftRightLogical(bytes._low.AsUInt16(), 8).AsInt32(), Vector256.ShiftRightLogical(bytes._high.AsUInt16(), 8).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 EvenSigned(Integers256 bytes) => new(EvenSigned(bytes._low), EvenSigned(bytes._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 OddSigned(Integers256 bytes) => new(
        Vector256.ShiftRightArithmetic(bytes._low.AsInt16(), 8).AsInt32(), Vector256.ShiftRightArithmetic(bytes._high.AsInt16(), 8).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 LowNibbles(Integers256 bytes)
    {
        var mask = Vector256.Create(0x0F0F0F0F);
        return new(bytes._low & mask, bytes._high & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 HighNibbles(Integers256 bytes) =>
        LowNibbles(new(Vector256.ShiftRightLogical(bytes._low, 4), Vector256.ShiftRightLogical(bytes._high, 4)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers256 AddProducts(Integers256 sum, Integers256 left, Integers256 right) =>
        new(sum._low + Products(left._low, right._low), sum._high + Products(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AsFloats(Integers256 value) => new(value._low.AsSingle(), value._high.AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Halves(byte* source)
    {
        var halves = Vector256.Load((ushort*)source);
        return new(Widen(Vector256.WidenLower(halves)), Widen(Vector256.WidenUpper(halves)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> EvenSigned(Vector256<int> bytes) =>
        Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(bytes.AsInt16(), 8), 8).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector256<int> left, Vector256<int> right)
    {
        if (Avx2.IsSupported) return Avx2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16());
        var lowLeft = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(left, 16), 16);
        var lowRight = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(right, 16), 16);
        return lowLeft * lowRight + Vector256.ShiftRightArithmetic(left, 16) * Vector256.ShiftRightArithmetic(right, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(Vector256<uint> bits)
    {
        var size = Vector256.ShiftLeft(bits & Vector256.Create(0x7FFFu), 13).AsSingle() * Vector256.Create(HalfBits.Rebias);
        return (size.AsUInt32() | Vector256.ShiftLeft(bits & Vector256.Create(0x8000u), 16)).AsSingle();
    }
}
