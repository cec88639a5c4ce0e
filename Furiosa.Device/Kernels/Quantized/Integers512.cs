using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Sixteen lanes in one 512-bit vector.</summary>
internal readonly unsafe struct Integers512(Vector512<int> value) : IIntegerLanes<Integers512, Lanes512>
{
    private readonly Vector512<int> _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 Load(byte* source) => new(Vector512.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 Broadcast(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 Even(Integers512 bytes) => new(bytes._value & Vector512.Create(0x00FF00FF));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 Odd(Integers512 bytes) => new(Vector512.ShiftRightLogical(bytes._value.AsUInt16(), 8).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 EvenSigned(Integers512 bytes) =>
        new(Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(bytes._value.AsInt16(), 8), 8).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 OddSigned(Integers512 bytes) => new(Vector512.ShiftRightArithmetic(bytes._value.AsInt16(), 8).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 LowNibbles(Integers512 bytes) => new(bytes._value & Vector512.Create(0x0F0F0F0F));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 HighNibbles(Integers512 bytes) => new(Vector512.ShiftRightLogical(bytes._value, 4) & Vector512.Create(0x0F0F0F0F));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Integers512 AddProducts(Integers512 sum, Integers512 left, Integers512 right)
    {
        if (Avx512BW.IsSupported) return new(sum._value + Avx512BW.MultiplyAddAdjacent(left._value.AsInt16(), right._value.AsInt16()));
        Vector512<int> lowLeft = Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(left._value, 16), 16);
        Vector512<int> lowRight = Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(right._value, 16), 16);
        return new(sum._value + lowLeft * lowRight + Vector512.ShiftRightArithmetic(left._value, 16) * Vector512.ShiftRightArithmetic(right._value, 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 AsFloats(Integers512 value) => new(value._value.AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Halves(byte* source)
    {
        var halves = Vector256.Load((ushort*)source);
        var bits = Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
        var size = Vector512.ShiftLeft(bits & Vector512.Create(0x7FFFu), 13).AsSingle() * Vector512.Create(HalfBits.Rebias);
        return new((size.AsUInt32() | Vector512.ShiftLeft(bits & Vector512.Create(0x8000u), 16)).AsSingle());
    }
}
