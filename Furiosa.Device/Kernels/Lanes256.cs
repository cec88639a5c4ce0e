using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>Sixteen lanes in two 256-bit vectors.</summary>
internal readonly unsafe struct Lanes256(Vector256<float> low, Vector256<float> high) : ILanes<Lanes256>
{
    private readonly Vector256<float> _low = low;
    private readonly Vector256<float> _high = high;

    public static bool IsPair => true;

    public static Lanes256 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.Zero, Vector256<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastFrom(float* source)
    {
        var value = Avx.IsSupported ? Avx.BroadcastScalarToVector256(source) : Vector256.Create(*source);
        return new(value, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Lanes256 value)
    {
        Vector256.Store(value._low, destination);
        Vector256.Store(value._high, destination + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBf16Low(uint* source) => Bf16Low(Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBf16High(uint* source) => Bf16High(Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadHalfLow(uint* source) => new(Half(Vector256.Load((int*)source) << 16), Half(Vector256.Load((int*)source + 8) << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadHalfHigh(uint* source) => new(Half(Vector256.Load((int*)source)), Half(Vector256.Load((int*)source + 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBf16(ushort* source) => new(Bf16(source), Bf16(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadInt8(sbyte* source)
    {
        var words = Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
        return new(Vector256.ConvertToSingle(Vector256.WidenLower(words)), Vector256.ConvertToSingle(Vector256.WidenUpper(words)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadTable(byte* table)
    {
        var both = Vector256.Create(Vector128.Load(table), Vector128.Load(table)).AsSingle();
        return new(both, both);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 HighNibbles(Lanes256 bytes) => new((bytes._low.AsUInt16() >> 4).AsSingle(), (bytes._high.AsUInt16() >> 4).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CompressedWords(byte* bytes, Lanes256 places, Lanes256 table, out Lanes256 left, out Lanes256 right)
    {
        Words(bytes, places._low.AsByte(), table._low.AsByte(), out var left0, out var right0);
        Words(bytes + 32, places._high.AsByte(), table._low.AsByte(), out var left1, out var right1);
        left = new(left0, left1);
        right = new(right0, right1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Bf16Low(Lanes256 words) => new((words._low.AsUInt32() << 16).AsSingle(), (words._high.AsUInt32() << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Bf16High(Lanes256 words)
    {
        var odd = Vector256.Create(0xFFFF0000u);
        return new((words._low.AsUInt32() & odd).AsSingle(), (words._high.AsUInt32() & odd).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left._low + right._low, left._high + right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left._low - right._low, left._high - right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left._low * right._low, left._high * right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 left, Lanes256 right) => new(left._low / right._low, left._high / right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Fma(Lanes256 left, Lanes256 right, Lanes256 addend) => new(
        Vector256.FusedMultiplyAdd(left._low, right._low, addend._low),
        Vector256.FusedMultiplyAdd(left._high, right._high, addend._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 left, Lanes256 right) =>
        new(Vector256.Max(left._low, right._low), Vector256.Max(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 value) => new(-value._low, -value._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ScaleFromShifted(Lanes256 shifted) => new(ScaleFromShifted(shifted._low), ScaleFromShifted(shifted._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 WhereBelow(Lanes256 value, float limit, Lanes256 chosen, Lanes256 other) => new(
        Vector256.ConditionalSelect(Vector256.LessThan(value._low, Vector256.Create(limit)), chosen._low, other._low),
        Vector256.ConditionalSelect(Vector256.LessThan(value._high, Vector256.Create(limit)), chosen._high, other._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 WhereAbove(Lanes256 value, float limit, Lanes256 chosen, Lanes256 other) => new(
        Vector256.ConditionalSelect(Vector256.GreaterThan(value._low, Vector256.Create(limit)), chosen._low, other._low),
        Vector256.ConditionalSelect(Vector256.GreaterThan(value._high, Vector256.Create(limit)), chosen._high, other._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 KeepRange(Lanes256 value, int first, int end, float other) =>
        new(Keep(value._low, first, end, other), Keep(value._high, first - 8, end - 8, other));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes256 value)
    {
        var eight = value._low + value._high;
        return LaneTree.Sum(eight.GetLower() + eight.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes256 value)
    {
        var eight = Vector256.Max(value._low, value._high);
        return LaneTree.Largest(Vector128.Max(eight.GetLower(), eight.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Half(Vector256<int> upper) =>
        ((upper >> 3) & Vector256.Create(unchecked((int)RebiasedHalf.FloatBits))).AsSingle() * Vector256.Create(RebiasedHalf.Rebias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Bf16(ushort* source) =>
        Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ScaleFromShifted(Vector256<float> shifted) =>
        Vector256.ShiftLeft(shifted.AsInt32() + Vector256.Create(127 - FloatMath.RoundingShiftBits), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Keep(Vector256<float> value, int first, int end, float other)
    {
        var index = Vector256<int>.Indices;
        var inside = Vector256.GreaterThanOrEqual(index, Vector256.Create(first)) & Vector256.LessThan(index, Vector256.Create(end));
        return Vector256.ConditionalSelect(inside.AsSingle(), value, Vector256.Create(other));
    }

    /// <summary>Eight columns of each half of a compressed pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Words(byte* bytes, Vector256<byte> places, Vector256<byte> table, out Vector256<float> left, out Vector256<float> right)
    {
        places &= Vector256.Create((byte)15);
        var lower = Vector256.Load(bytes);
        if (Avx2.IsSupported)
        {
            var upper = Avx2.Shuffle(table, places);
            left = Avx2.UnpackLow(lower, upper).AsSingle();
            right = Avx2.UnpackHigh(lower, upper).AsSingle();
            return;
        }

        byte* words = stackalloc byte[64];
        for (var i = 0; i < 32; i++)
        {
            byte* word = words + i / 8 % 2 * 32 + i / 16 * 16 + i % 8 * 2;
            (word[0], word[1]) = (lower[i], table[places[i]]);
        }

        left = Vector256.Load(words).AsSingle();
        right = Vector256.Load(words + 32).AsSingle();
    }
}
