using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>Sixteen lanes in one 512-bit vector.</summary>
internal readonly unsafe struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
{
    private readonly Vector512<float> _value = value;

    public static bool IsPair => false;

    public static Lanes512 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 BroadcastFrom(float* source) => new(Vector512.Create(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Lanes512 value) => Vector512.Store(value._value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBf16Low(uint* source) => Bf16Low(Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBf16High(uint* source) => Bf16High(Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadHalfLow(uint* source) => new(Half(Vector512.Load((int*)source) << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadHalfHigh(uint* source) => new(Half(Vector512.Load((int*)source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBf16(ushort* source) =>
        new(Vector512.ShiftLeft(Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadInt8(sbyte* source)
    {
        var words = Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
        return new(Vector512.ConvertToSingle(Vector512.WidenLower(words.ToVector512Unsafe())));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadTable(byte* table)
    {
        var half = Vector256.Create(Vector128.Load(table), Vector128.Load(table));
        return new(Vector512.Create(half, half).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 HighNibbles(Lanes512 bytes) => new((bytes._value.AsUInt16() >> 4).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CompressedWords(byte* bytes, Lanes512 places, Lanes512 table, out Lanes512 left, out Lanes512 right)
    {
        if (!Avx512BW.IsSupported)
        {
            var half = table._value.GetLower().AsByte();
            Lanes256.Words(bytes, places._value.GetLower().AsByte(), half, out var left0, out var right0);
            Lanes256.Words(bytes + 32, places._value.GetUpper().AsByte(), half, out var left1, out var right1);
            (left, right) = (new(Vector512.Create(left0, left1)), new(Vector512.Create(right0, right1)));
            return;
        }

        // A shuffle of all bytes sees two bits more than a nibble, which the copies of the table answer.
        Vector512<byte> lower = Vector512.Load(bytes), copies = table._value.AsByte(), which = places._value.AsByte();
        var upper = Avx512Vbmi.IsSupported ? Avx512Vbmi.PermuteVar64x8(copies, which) : Avx512BW.Shuffle(copies, which & Vector512.Create((byte)15));
        left = new(Avx512BW.UnpackLow(lower, upper).AsSingle());
        right = new(Avx512BW.UnpackHigh(lower, upper).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Bf16Low(Lanes512 words) => new((words._value.AsUInt32() << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Bf16High(Lanes512 words) => new((words._value.AsUInt32() & Vector512.Create(0xFFFF0000u)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 left, Lanes512 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 left, Lanes512 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 left, Lanes512 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 left, Lanes512 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Fma(Lanes512 left, Lanes512 right, Lanes512 addend) =>
        new(Vector512.FusedMultiplyAdd(left._value, right._value, addend._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 left, Lanes512 right) => new(Vector512.Max(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ScaleFromShifted(Lanes512 shifted) =>
        new(Vector512.ShiftLeft(shifted._value.AsInt32() + Vector512.Create(127 - FloatMath.RoundingShiftBits), 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 WhereBelow(Lanes512 value, float limit, Lanes512 chosen, Lanes512 other) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(value._value, Vector512.Create(limit)), chosen._value, other._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 WhereAbove(Lanes512 value, float limit, Lanes512 chosen, Lanes512 other) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(value._value, Vector512.Create(limit)), chosen._value, other._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 KeepRange(Lanes512 value, int first, int end, float other)
    {
        var index = Vector512<int>.Indices;
        var inside = Vector512.GreaterThanOrEqual(index, Vector512.Create(first)) & Vector512.LessThan(index, Vector512.Create(end));
        return new(Vector512.ConditionalSelect(inside.AsSingle(), value._value, Vector512.Create(other)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes512 value)
    {
        var eight = value._value.GetLower() + value._value.GetUpper();
        return LaneTree.Sum(eight.GetLower() + eight.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes512 value)
    {
        var eight = Vector256.Max(value._value.GetLower(), value._value.GetUpper());
        return LaneTree.Largest(Vector128.Max(eight.GetLower(), eight.GetUpper()));
    }

    /// <summary>Widens the high halves of sixteen words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Half(Vector512<int> upper) =>
        ((upper >> 3) & Vector512.Create(unchecked((int)RebiasedHalf.FloatBits))).AsSingle() * Vector512.Create(RebiasedHalf.Rebias);
}
