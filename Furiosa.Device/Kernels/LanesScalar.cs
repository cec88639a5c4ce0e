using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Sixteen lanes one after another in plain floats: for machines without vectors, and the measure of the other two.</summary>
[InlineArray(16)]
internal unsafe struct LanesScalar : ILanes<LanesScalar>
{
    private float _first;

    public static bool IsPair => false;

    public static LanesScalar Zero => default;

    public static LanesScalar Broadcast(float value)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = value;
        return result;
    }

    public static LanesScalar BroadcastFrom(float* source) => Broadcast(*source);

    public static LanesScalar Load(float* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = source[i];
        return result;
    }

    public static void Store(float* destination, LanesScalar value)
    {
        for (int i = 0; i < 16; i++) destination[i] = value[i];
    }

    public static LanesScalar LoadBf16Low(uint* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = BitConverter.UInt32BitsToSingle(source[i] << 16);
        return result;
    }

    public static LanesScalar LoadBf16High(uint* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = BitConverter.UInt32BitsToSingle(source[i] & 0xFFFF0000u);
        return result;
    }

    public static LanesScalar LoadHalfLow(uint* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = RebiasedHalf.Widen((ushort)source[i]);
        return result;
    }

    public static LanesScalar LoadHalfHigh(uint* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = RebiasedHalf.Widen((ushort)(source[i] >> 16));
        return result;
    }

    public static LanesScalar LoadBf16(ushort* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        return result;
    }

    public static LanesScalar LoadInt8(sbyte* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = source[i];
        return result;
    }

    public static LanesScalar LoadTable(byte* table)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = ((float*)table)[i % 4];
        return result;
    }

    public static LanesScalar HighNibbles(LanesScalar bytes)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(bytes[i]) >> 4);
        return result;
    }

    public static void CompressedWords(byte* bytes, LanesScalar places, LanesScalar table, out LanesScalar left, out LanesScalar right)
    {
        (left, right) = (default, default);
        byte* placeBytes = (byte*)&places, tableBytes = (byte*)&table;
        for (int i = 0; i < 16; i++)
        {
            // Sixteen bytes are four columns of the left half, then four of the right.
            int at = i / 4 * 16 + i % 4 * 2;
            left[i] = Word(bytes, placeBytes, tableBytes, at);
            right[i] = Word(bytes, placeBytes, tableBytes, at + 8);
        }
    }

    public static LanesScalar Bf16Low(LanesScalar words) => LoadBf16Low((uint*)&words);

    public static LanesScalar Bf16High(LanesScalar words) => LoadBf16High((uint*)&words);

    public static LanesScalar operator +(LanesScalar left, LanesScalar right)
    {
        for (int i = 0; i < 16; i++) left[i] += right[i];
        return left;
    }

    public static LanesScalar operator -(LanesScalar left, LanesScalar right)
    {
        for (int i = 0; i < 16; i++) left[i] -= right[i];
        return left;
    }

    public static LanesScalar operator *(LanesScalar left, LanesScalar right)
    {
        for (int i = 0; i < 16; i++) left[i] *= right[i];
        return left;
    }

    public static LanesScalar operator /(LanesScalar left, LanesScalar right)
    {
        for (int i = 0; i < 16; i++) left[i] /= right[i];
        return left;
    }

    public static LanesScalar Fma(LanesScalar left, LanesScalar right, LanesScalar addend)
    {
        for (int i = 0; i < 16; i++) addend[i] = MathF.FusedMultiplyAdd(left[i], right[i], addend[i]);
        return addend;
    }

    public static LanesScalar Max(LanesScalar left, LanesScalar right)
    {
        for (int i = 0; i < 16; i++) left[i] = MathF.Max(left[i], right[i]);
        return left;
    }

    public static LanesScalar operator -(LanesScalar value)
    {
        for (int i = 0; i < 16; i++) value[i] = -value[i];
        return value;
    }

    public static LanesScalar ScaleFromShifted(LanesScalar shifted)
    {
        for (int i = 0; i < 16; i++)
        {
            int exponent = BitConverter.SingleToInt32Bits(shifted[i]) - FloatMath.RoundingShiftBits;
            shifted[i] = BitConverter.Int32BitsToSingle((exponent + 127) << 23);
        }

        return shifted;
    }

    public static LanesScalar WhereBelow(LanesScalar value, float limit, LanesScalar chosen, LanesScalar other)
    {
        for (int i = 0; i < 16; i++) value[i] = value[i] < limit ? chosen[i] : other[i];
        return value;
    }

    public static LanesScalar WhereAbove(LanesScalar value, float limit, LanesScalar chosen, LanesScalar other)
    {
        for (int i = 0; i < 16; i++) value[i] = value[i] > limit ? chosen[i] : other[i];
        return value;
    }

    public static LanesScalar KeepRange(LanesScalar value, int first, int end, float other)
    {
        for (int i = 0; i < 16; i++)
        {
            if (i < first || i >= end) value[i] = other;
        }

        return value;
    }

    public static float Sum(LanesScalar value)
    {
        for (int width = 8; width > 0; width >>= 1)
        {
            for (int i = 0; i < width; i++) value[i] += value[i + width];
        }

        return value[0];
    }

    public static float Largest(LanesScalar value)
    {
        for (int width = 8; width > 0; width >>= 1)
        {
            for (int i = 0; i < width; i++) value[i] = MathF.Max(value[i], value[i + width]);
        }

        return value[0];
    }

    private static float Word(byte* bytes, byte* places, byte* table, int at) => BitConverter.UInt32BitsToSingle(
        (uint)(bytes[at] | (table[places[at] & 15] << 8) | (bytes[at + 1] << 16) | (table[places[at + 1] & 15] << 24)));
}
