using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Blocks of 32 elements: each method gives the codes and the scale.</summary>
internal static unsafe class GgufBlocks
{
    private const int Half = 16;

    /// <summary>The sixteen values of the IQ4 types.</summary>
    public static sbyte[] Curve { get; } = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static float Q4_0(byte* block, Span<sbyte> codes)
    {
        for (var i = 0; i < Half; i++)
        {
            codes[i] = (sbyte)((block[2 + i] & 15) - 8);
            codes[i + Half] = (sbyte)((block[2 + i] >> 4) - 8);
        }

        return HalfAt(block);
    }

    public static float Q4_1(byte* block, Span<sbyte> codes, out float offset)
    {
        Nibbles(block + 4, codes);
        offset = HalfAt(block + 2);
        return HalfAt(block);
    }

    public static float Q5_0(byte* block, Span<sbyte> codes)
    {
        FiveBits(block + 2, codes);
        foreach (ref var code in codes) code -= 16;
        return HalfAt(block);
    }

    public static float Q5_1(byte* block, Span<sbyte> codes, out float offset)
    {
        FiveBits(block + 4, codes);
        offset = HalfAt(block + 2);
        return HalfAt(block);
    }

    public static float Q8_0(byte* block, Span<sbyte> codes)
    {
        new ReadOnlySpan<sbyte>(block + 2, 32).CopyTo(codes);
        return HalfAt(block);
    }

    public static float Iq4Nl(byte* block, Span<sbyte> codes)
    {
        Looked(block + 2, Curve, codes);
        return HalfAt(block);
    }

    /// <summary>256 elements: scale, the scales' upper two bits, their lower four bits, then 128 bytes.</summary>
    public static float Iq4Xs(byte* block, int part, Span<sbyte> codes)
    {
        Looked(block + 8 + part * Half, Curve, codes);
        var (unit, factor) = Iq4XsFactors(block, part);
        return unit * factor;
    }

    /// <summary>What the scale of a group is a product of.</summary>
    public static (float Unit, sbyte Factor) Iq4XsFactors(byte* block, int part)
    {
        var low = (block[4 + part / 2] >> (4 * (part % 2))) & 15;
        var high = (BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(block + 2, 2)) >> (2 * part)) & 3;
        return (HalfAt(block), (sbyte)((low | (high << 4)) - 32));
    }

    public static float Mxfp4(byte* block, Span<sbyte> codes)
    {
        Looked(block + 1, Fp4.Doubled, codes);
        return Fp4.HalfScale(block[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HalfAt(byte* place) => (float)Unsafe.ReadUnaligned<Half>(place);

    private static void Nibbles(byte* bytes, Span<sbyte> codes)
    {
        for (var i = 0; i < Half; i++)
        {
            codes[i] = (sbyte)(bytes[i] & 15);
            codes[i + Half] = (sbyte)(bytes[i] >> 4);
        }
    }

    private static void Looked(byte* bytes, sbyte[] table, Span<sbyte> codes)
    {
        for (var i = 0; i < Half; i++)
        {
            codes[i] = table[bytes[i] & 15];
            codes[i + Half] = table[bytes[i] >> 4];
        }
    }

    // 32 upper bits, then the lower four bits of each.
    private static void FiveBits(byte* place, Span<sbyte> codes)
    {
        var upper = Unsafe.ReadUnaligned<uint>(place);
        Nibbles(place + 4, codes);
        for (var i = 0; i < 32; i++) codes[i] |= (sbyte)(((upper >> i) & 1) << 4);
    }
}
