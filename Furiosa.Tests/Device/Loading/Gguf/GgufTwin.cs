namespace Furiosa.Tests.Device.Loading.Gguf;

/// <summary>ggml's blocks, element by element, as its reference code defines them.</summary>
internal static class GgufTwin
{
    private static readonly float[] Curve = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
    private static readonly float[] Fp4 = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>The number, elements and bytes of a block of each type.</summary>
    public static IReadOnlyList<(string Name, int Number, int Elements, int Bytes)> Types { get; } =
    [
        ("Q4_0", 2, 32, 18), ("Q4_1", 3, 32, 20), ("Q5_0", 6, 32, 22), ("Q5_1", 7, 32, 24), ("Q8_0", 8, 32, 34), ("Q2_K", 10, 256, 84),
        ("Q3_K", 11, 256, 110), ("Q4_K", 12, 256, 144), ("Q5_K", 13, 256, 176), ("Q6_K", 14, 256, 210), ("IQ4_NL", 20, 32, 18),
        ("IQ4_XS", 23, 256, 136), ("MXFP4", 39, 32, 17),
    ];

    /// <summary>Where a type's blocks have halves, which must be finite in a model.</summary>
    public static int[] Halves(string type) => type switch
    {
        "Q4_1" or "Q5_1" or "Q4_K" or "Q5_K" => [0, 2],
        "Q2_K" => [80, 82],
        "Q3_K" => [108],
        "Q6_K" => [208],
        "MXFP4" => [],
        _ => [0],
    };

    public static float Element(string type, ReadOnlySpan<byte> b, int i)
    {
        int n = i % 16, upper = i / 16;
        switch (type)
        {
            case "Q4_0": return H(b, 0) * (Nibble(b[2 + n], upper) - 8);
            case "Q4_1": return H(b, 0) * Nibble(b[4 + n], upper) + H(b, 2);
            case "Q5_0": return H(b, 0) * ((Nibble(b[6 + n], upper) | (Bit(b, 2, i) << 4)) - 16);
            case "Q5_1": return H(b, 0) * (Nibble(b[8 + n], upper) | (Bit(b, 4, i) << 4)) + H(b, 2);
            case "Q8_0": return H(b, 0) * (sbyte)b[2 + i];
            case "IQ4_NL": return H(b, 0) * Curve[Nibble(b[2 + n], upper)];
            case "MXFP4": return Fp4[Nibble(b[1 + n], upper)] * (float)Math.ScaleB(1, b[0] - 127);
            case "Q2_K":
                return H(b, 80) * (b[i / 16] & 15) * ((b[16 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3) - H(b, 82) * (b[i / 16] >> 4);
            case "Q3_K":
                int low = (b[32 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3, has = (b[i % 32] >> (i / 32)) & 1;
                return H(b, 108) * (SixBits(b[96..], i / 16) - 32) * (low - (has == 0 ? 4 : 0));
            case "Q4_K":
            case "Q5_K":
                var (scale, least) = ScaleAndLeast(b[4..], i / 32);
                int code = Nibble(b[(type == "Q4_K" ? 16 : 48) + i / 64 * 32 + i % 32], i / 32 % 2);
                if (type == "Q5_K") code |= ((b[16 + i % 32] >> (i / 32)) & 1) << 4;
                return H(b, 0) * scale * code - H(b, 2) * least;
            case "Q6_K":
                int half = i / 128, l = i % 32, quarter = i % 128 / 32;
                int four = Nibble(b[half * 64 + quarter % 2 * 32 + l], quarter / 2), two = (b[128 + half * 32 + l] >> (2 * quarter)) & 3;
                return H(b, 208) * (sbyte)b[192 + i / 16] * ((four | (two << 4)) - 32);
            default: // IQ4_XS
                int group = i / 32, scaleBits = Nibble(b[4 + group / 2], group % 2) | ((((b[2] | (b[3] << 8)) >> (2 * group)) & 3) << 4);
                return H(b, 0) * (scaleBits - 32) * Curve[Nibble(b[8 + group * 16 + n], i % 32 / 16)];
        }
    }

    private static float H(ReadOnlySpan<byte> block, int at) => (float)BitConverter.ToHalf(block[at..]);

    private static int Nibble(byte value, int upper) => upper == 0 ? value & 15 : value >> 4;

    private static int Bit(ReadOnlySpan<byte> block, int at, int index) => (block[at + index / 8] >> (index % 8)) & 1;

    // 16 scales of six bits: four low bits each in the first eight bytes, two high bits each in the last four.
    private static int SixBits(ReadOnlySpan<byte> packed, int index) =>
        Nibble(packed[index % 8], index / 8) | (((packed[8 + index % 4] >> (index / 4 * 2)) & 3) << 4);

    private static (int Scale, int Least) ScaleAndLeast(ReadOnlySpan<byte> packed, int index) => index < 4
        ? (packed[index] & 63, packed[index + 4] & 63)
        : ((packed[index + 4] & 15) | ((packed[index - 4] >> 6) << 4), (packed[index + 4] >> 4) | ((packed[index] >> 6) << 4));
}
