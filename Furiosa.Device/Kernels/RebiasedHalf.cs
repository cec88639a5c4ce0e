using System.Numerics;

namespace Furiosa.Device.Kernels;

/// <summary>
/// The numbers of half precision under 128 with another bias of the exponent, so that those below the normal ones have a leading bit as the others have:
/// 1 bit of sign, 5 of exponent (25 more than it is; 0 for zero) and 10 of mantissa. Shifted into a float's place and multiplied by
/// <see cref="Rebias"/> they are the same numbers as floats, none of them on the way smaller than what a processor multiplies at full speed.
/// </summary>
internal static class RebiasedHalf
{
    /// <summary>2^102, the difference of the exponents' biases of float and of these.</summary>
    public const float Rebias = 5.070602400912918e30f;

    /// <summary>What a shifted number keeps of a float's bits: its sign, five bits of exponent and ten of mantissa.</summary>
    public const uint FloatBits = 0x8FFFE000;

    private const int MantissaBits = 10;
    private const int MantissaMask = (1 << MantissaBits) - 1;
    private const int BiasDifference = 10; // of 25 and half precision's 15
    private const int MostExponent = 31 - BiasDifference;

    /// <summary>Gives a number of half precision the other bias; false for one from 128 on, infinities and NaN.</summary>
    /// <param name="half">Its bits.</param>
    /// <param name="packed">Its bits with the other bias.</param>
    public static bool TryPack(ushort half, out ushort packed)
    {
        int sign = half & 0x8000, exponent = (half >> MantissaBits) & 31, mantissa = half & MantissaMask;
        if (exponent == 0 && mantissa != 0)
        {
            int leading = BitOperations.Log2((uint)mantissa);
            exponent = leading + 1;
            mantissa = (mantissa << (MantissaBits - leading)) & MantissaMask;
        }
        else if (exponent != 0)
        {
            exponent = exponent > MostExponent ? 0 : exponent + BiasDifference;
            if (exponent == 0)
            {
                packed = 0;
                return false;
            }
        }

        packed = (ushort)(sign | (exponent << MantissaBits) | mantissa);
        return true;
    }

    /// <summary>The same for a float; false also where half precision has no such number.</summary>
    public static bool TryPack(float value, out ushort packed)
    {
        var half = (Half)value;
        packed = 0;
        return (float)half == value && TryPack(BitConverter.HalfToUInt16Bits(half), out packed);
    }

    /// <summary>The number as a float.</summary>
    public static float Widen(ushort packed) => BitConverter.Int32BitsToSingle((packed << 16 >> 3) & unchecked((int)FloatBits)) * Rebias;
}
