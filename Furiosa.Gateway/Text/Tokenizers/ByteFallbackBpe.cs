using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>BPE over the characters of a piece; one outside the vocabulary becomes its UTF-8 bytes, tokens such as <c>&lt;0xE2&gt;</c> (Llama 2).</summary>
internal sealed class ByteFallbackBpe : BpeModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly MergeTable _merges;
    private readonly bool _ignoreMerges;
    private readonly int? _unknownId;
    private readonly bool _fuseUnknown;
    private readonly int[] _byteIds = new int[256];

    public ByteFallbackBpe(Dictionary<string, int> vocabulary, MergeTable merges, bool ignoreMerges, int? unknownId, bool fuseUnknown)
    {
        _bySpan = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges;
        _ignoreMerges = ignoreMerges;
        _unknownId = unknownId;
        _fuseUnknown = fuseUnknown;
        for (var value = 0; value < 256; value++)
            _byteIds[value] = vocabulary.GetValueOrDefault($"<0x{value:X2}>", -1);
    }

    /// <inheritdoc/>
    public override byte[] ToBytes(string token)
    {
        if (token is ['<', '0', 'x', _, _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            return [value];
        return Encoding.UTF8.GetBytes(token.Replace('\u2581', ' '));
    }

    /// <inheritdoc/>
    protected override int[] Compute(ReadOnlySpan<char> piece)
    {
        if (_ignoreMerges && _bySpan.TryGetValue(piece, out var whole))
            return [whole];
        var symbols = new List<int>(piece.Length);
        while (Rune.DecodeFromUtf16(piece, out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            if (_bySpan.TryGetValue(piece[..length], out var id))
                symbols.Add(id);
            else
                AddBytes(rune, symbols);
            piece = piece[length..];
        }

        var merged = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(symbols);
        return merged[.._merges.Merge(merged)].ToArray();
    }

    private void AddBytes(Rune rune, List<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..rune.EncodeToUtf8(bytes)];
        foreach (var value in bytes)
        {
            if (_byteIds[value] >= 0)
                continue;
            if (_unknownId is { } unknown && !(_fuseUnknown && symbols.Count > 0 && symbols[^1] == unknown))
                symbols.Add(unknown);
            return;
        }

        foreach (var value in bytes)
            symbols.Add(_byteIds[value]);
    }
}
