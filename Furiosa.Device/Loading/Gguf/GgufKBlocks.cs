namespace Furiosa.Device.Loading.Gguf;

/// <summary>Blocks of 256 elements in groups of 16 or 32, whose scales are small integers times the block's half-precision units.</summary>
internal static unsafe class GgufKBlocks
{
    /// <summary>Sixteen bytes of scale and offset nibbles, 64 bytes of codes, unit of the scales, unit of the offsets.</summary>
    public static float Q2K(byte* block, int part, Span<sbyte> codes, out float offset)
    {
        byte* bytes = block + 16 + 32 * (part / 8) + 16 * (part % 2);
        var shift = part % 8 / 2 * 2;
        for (var i = 0; i < 16; i++) codes[i] = (sbyte)((bytes[i] >> shift) & 3);
        var scale = Q2KFactors(block, part, out var least);
        offset = least.Unit * least.Factor;
        return scale.Unit * scale.Factor;
    }

    /// <summary>What the scale and the offset of a group are products of.</summary>
    public static (float Unit, sbyte Factor) Q2KFactors(byte* block, int part, out (float Unit, sbyte Factor) offset)
    {
        offset = (-GgufBlocks.HalfAt(block + 82), (sbyte)(block[part] >> 4));
        return (GgufBlocks.HalfAt(block + 80), (sbyte)(block[part] & 15));
    }

    /// <summary>32 bytes of upper bits (a zero takes four away), 64 bytes of lower bits, twelve bytes of scales around 32, the unit.</summary>
    public static float Q3K(byte* block, int part, Span<sbyte> codes)
    {
        byte* bytes = block + 32 + 32 * (part / 8) + 16 * (part % 2), upper = block + 16 * (part % 2);
        int shift = part % 8 / 2 * 2, bit = part / 2;
        for (var i = 0; i < 16; i++) codes[i] = (sbyte)(((bytes[i] >> shift) & 3) - (((upper[i] >> bit) & 1) == 0 ? 4 : 0));
        var (unit, factor) = Q3KFactors(block, part);
        return unit * factor;
    }

    /// <summary>What the scale of a group is a product of.</summary>
    public static (float Unit, sbyte Factor) Q3KFactors(byte* block, int part)
    {
        byte* scales = block + 96;
        var low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4;
        var high = (scales[8 + part % 4] >> (2 * (part / 4))) & 3;
        return (GgufBlocks.HalfAt(block + 108), (sbyte)((low | (high << 4)) - 32));
    }

    /// <summary>Units of scales and offsets, twelve bytes of both, 128 bytes of codes.</summary>
    public static float Q4K(byte* block, int part, Span<sbyte> codes, out float offset)
    {
        FourBits(block + 16, part, codes);
        return Scale(block, part, out offset);
    }

    /// <summary>Units of scales and offsets, twelve bytes of both, 32 bytes of upper bits, 128 bytes of lower bits.</summary>
    public static float Q5K(byte* block, int part, Span<sbyte> codes, out float offset)
    {
        FourBits(block + 48, part, codes);
        for (var i = 0; i < 32; i++) codes[i] |= (sbyte)(((block[16 + i] >> part) & 1) << 4);
        return Scale(block, part, out offset);
    }

    /// <summary>128 bytes of lower bits, 64 bytes of upper bits, sixteen signed scales, the unit.</summary>
    public static float Q6K(byte* block, int part, Span<sbyte> codes)
    {
        int half = part / 8, quarter = part % 8 / 2, first = part % 2 * 16;
        byte* low = block + 64 * half + quarter % 2 * 32 + first, high = block + 128 + 32 * half + first;
        for (var i = 0; i < 16; i++)
            codes[i] = (sbyte)((((low[i] >> (quarter / 2 * 4)) & 15) | (((high[i] >> (2 * quarter)) & 3) << 4)) - 32);
        var (unit, factor) = Q6KFactors(block, part);
        return unit * factor;
    }

    /// <summary>What the scale of a group is a product of.</summary>
    public static (float Unit, sbyte Factor) Q6KFactors(byte* block, int part) => (GgufBlocks.HalfAt(block + 208), ((sbyte*)block)[192 + part]);

    // Each 32 bytes hold two groups: the lower nibbles one, the upper nibbles the next.
    private static void FourBits(byte* bytes, int part, Span<sbyte> codes)
    {
        bytes += 32 * (part / 2);
        var shift = part % 2 * 4;
        for (var i = 0; i < 32; i++) codes[i] = (sbyte)((bytes[i] >> shift) & 15);
    }

    private static float Scale(byte* block, int part, out float offset)
    {
        var scale = Factors(block, part, out var least);
        offset = least.Unit * least.Factor;
        return scale.Unit * scale.Factor;
    }

    /// <summary>
    /// What the scale and the offset of a group of <see cref="Q4K"/> or <see cref="Q5K"/> are products of. Six bits each: the first four groups' in the low bits
    /// of a byte, the others' in nibbles and what the first four left over.
    /// </summary>
    public static (float Unit, sbyte Factor) Factors(byte* block, int part, out (float Unit, sbyte Factor) offset)
    {
        byte* packed = block + 4;
        var scale = part < 4 ? packed[part] & 63 : (packed[part + 4] & 15) | ((packed[part - 4] >> 6) << 4);
        var least = part < 4 ? packed[part + 4] & 63 : (packed[part + 4] >> 4) | ((packed[part] >> 6) << 4);
        offset = (-GgufBlocks.HalfAt(block + 2), (sbyte)least);
        return (GgufBlocks.HalfAt(block), (sbyte)scale);
    }
}
