using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>
/// SentencePiece's compiled character map: a double array that finds what text begins with, and the replacements, each ended by a zero.
/// As Hugging Face does, whole grapheme clusters of fewer than six bytes are looked up first, then their characters.
/// </summary>
internal sealed class CharsMapNormalizer : Normalizer
{
    private const int LongestCluster = 6;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharsMapNormalizer(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <param name="map">The map: the array's length in bytes (32 bits, little end first), the array, the replacements.</param>
    /// <exception cref="ModelTextException">It is cut off.</exception>
    public static CharsMapNormalizer Make(byte[] map)
    {
        if (map.Length == 0)
            return new CharsMapNormalizer([], []);
        var length = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (length > map.Length - 4 || length % 4 != 0)
            throw new ModelTextException("the precompiled character map is cut off.");
        var units = MemoryMarshal.Cast<byte, uint>(map.AsSpan(4, (int)length)).ToArray();
        return new CharsMapNormalizer(units, map[(4 + (int)length)..]);
    }

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());

    /// <inheritdoc/>
    public override string Normalize(string original)
    {
        if (_units.Length == 0)
            return original;
        var result = new StringBuilder(original.Length);
        Span<byte> bytes = stackalloc byte[LongestCluster];
        for (int at = 0, length; at < original.Length; at += length)
        {
            length = StringInfo.GetNextTextElementLength(original, at);
            var cluster = original.AsSpan(at, length);
            if (length < LongestCluster && Encoding.UTF8.TryGetBytes(cluster, bytes, out var count) && count < LongestCluster && Find(bytes[..count]) is { } whole)
            {
                result.Append(whole);
                continue;
            }

            foreach (var rune in cluster.EnumerateRunes())
                result.Append(Find(bytes[..rune.EncodeToUtf8(bytes)]) ?? rune.ToString());
        }

        return result.ToString();
    }

    // The replacement of the shortest entry that the bytes begin with.
    private string? Find(ReadOnlySpan<byte> bytes)
    {
        uint node = 0;
        var unit = _units[0];
        node ^= Offset(unit);
        foreach (var value in bytes)
        {
            if (value == 0)
                break;
            node ^= value;
            if (node >= _units.Length)
                return null;
            unit = _units[node];
            if ((unit & 0x800000FF) != value)
                return null;
            node ^= Offset(unit);
            if ((unit & 0x100) == 0)
                continue;
            if (node >= _units.Length)
                return null;
            var start = (int)(_units[node] & 0x7FFFFFFF);
            if (start > _replacements.Length)
                return null;
            var text = _replacements.AsSpan(start);
            var end = text.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
        }

        return null;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
