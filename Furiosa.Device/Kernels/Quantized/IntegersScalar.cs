using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Sixteen lanes one after another, for machines without vectors.</summary>
[InlineArray(16)]
internal unsafe struct IntegersScalar : IIntegerLanes<IntegersScalar, LanesScalar>
{
    private int _first;

    public static IntegersScalar Load(byte* source)
    {
        IntegersScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = ((int*)source)[i];
        return result;
    }

    public static IntegersScalar Broadcast(int value)
    {
        IntegersScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = value;
        return result;
    }

    public static IntegersScalar Even(IntegersScalar bytes)
    {
        for (int i = 0; i < 16; i++) bytes[i] &= 0x00FF00FF;
        return bytes;
    }

    public static IntegersScalar Odd(IntegersScalar bytes)
    {
        for (int i = 0; i < 16; i++) bytes[i] = (bytes[i] >> 8) & 0x00FF00FF;
        return bytes;
    }

    public static IntegersScalar EvenSigned(IntegersScalar bytes)
    {
        for (int i = 0; i < 16; i++) bytes[i] = Halves((sbyte)bytes[i], (sbyte)(bytes[i] >> 16));
        return bytes;
    }

    public static IntegersScalar OddSigned(IntegersScalar bytes)
    {
        for (int i = 0; i < 16; i++) bytes[i] = Halves((sbyte)(bytes[i] >> 8), (sbyte)(bytes[i] >> 24));
        return bytes;
    }

    public static IntegersScalar LowNibbles(IntegersScalar bytes)
    {
        for (int i = 0; i < 16; i++) bytes[i] &= 0x0F0F0F0F;
        return bytes;
    }

    public static IntegersScalar HighNibbles(IntegersScalar bytes)
    {
        for (int i = 0; i < 16; i++) bytes[i] = (bytes[i] >> 4) & 0x0F0F0F0F;
        return bytes;
    }

    public static IntegersScalar AddProducts(IntegersScalar sum, IntegersScalar left, IntegersScalar right)
    {
        for (int i = 0; i < 16; i++) sum[i] += (short)left[i] * (short)right[i] + (left[i] >> 16) * (right[i] >> 16);
        return sum;
    }

    public static LanesScalar AsFloats(IntegersScalar value)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = BitConverter.Int32BitsToSingle(value[i]);
        return result;
    }

    public static LanesScalar Halves(byte* source)
    {
        LanesScalar result = default;
        for (int i = 0; i < 16; i++) result[i] = (float)((Half*)source)[i];
        return result;
    }

    private static int Halves(short low, short high) => (ushort)low | (high << 16);
}
