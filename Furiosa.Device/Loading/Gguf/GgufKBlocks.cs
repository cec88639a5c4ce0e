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
        offset = -(GgufBlocks.HalfAt(block + 82) * (block[part] >> 4));
        return GgufBlocks.HalfAt(block + 80) * (block[part] & 15);
    }

    /// <summary>32 bytes of upper bits (a zero takes four away), 64 bytes of lower bits, twelve bytes of scales around 32, the unit.</summary>
    public static float Q3K(byte* block, int part, Span<sbyte> codes)
    {
        byte* bytes = block + 32 + 32 * (part / 8) + 16 * (part % 2), upper = block + 16 * (part % 2), scales = block + 96;
        int shift = part % 8 / 2 * 2, bit = part / 2;
        for (var i = 0; i < 16; i++) codes[i] = (sbyte)(((bytes[i] >> shift) & 3) - (((upper[i] >> bit) & 1) == 0 ? 4 : 0));
        var low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4;
        var high = (scales[8 + part % 4] >> (2 * (part / 4))) & 3;
        return GgufBlocks.HalfAt(block + 108) * ((low | (high << 4)) - 32);
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
        return GgufBlocks.HalfAt(block + 208) * ((sbyte*)block)[192 + part];
    }

    // Each 32 bytes hold two groups: the lower nibbles one, the upper nibbles the next.
    private static void FourBits(byte* bytes, int part, Span<sbyte> codes)
    {
        bytes += 32 * (part / 2);
        var shift = part % 2 * 4;
        for (var i = 0; i < 32; i++) codes[i] = (sbyte)((bytes[i] >> shift) & 15);
    }

    // Six bits each: the first four groups' in the low bits of a byte, the others' in nibbles and what the first four left over.
    private static float Scale(byte* block, int part, out float offset)
    {
        byte* packed = block + 4;
        var scale = part < 4 ? packed[part] & 63 : (packed[part + 4] & 15) | ((packed[part - 4] >> 6) << 4);
        var least = part < 4 ? packed[part + 4] & 63 : (packed[part + 4] >> 4) | ((packed[part] >> 6) << 4);
        offset = -(GgufBlocks.HalfAt(block + 2) * least);
        return GgufBlocks.HalfAt(block) * scale;
    }
}
