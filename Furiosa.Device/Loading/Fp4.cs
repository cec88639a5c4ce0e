namespace Furiosa.Device.Loading;

/// <summary>The 4-bit float of the OCP microscaling formats (sign, two exponent bits, one mantissa bit) and its block scale.</summary>
internal static class Fp4
{
    /// <summary>Twice each value, which makes all of them whole: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives.</summary>
    public static sbyte[] Doubled { get; } = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>Half of the scale that an exponent byte stands for: 2^(exponent - 128).</summary>
    public static float HalfScale(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << exponent : (uint)(exponent - 1) << 23);
}
