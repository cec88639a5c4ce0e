using System.Buffers;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>BPE over the UTF-8 bytes of a piece, the vocabulary written in <see cref="ByteLevelAlphabet"/> (GPT-2, Llama 3, Qwen).</summary>
internal sealed class ByteLevelBpe : SubwordModel
{
    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly bool _ignoreMerges;
    private readonly int? _unknownId;
    private readonly bool _fuseUnknown;
    private readonly int[] _byteIds = new int[256];

    public ByteLevelBpe(Vocabulary vocabulary, MergeTable merges, bool ignoreMerges, int? unknownId, bool fuseUnknown)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _ignoreMerges = ignoreMerges;
        _unknownId = unknownId;
        _fuseUnknown = fuseUnknown;
        for (var value = 0; value < 256; value++)
            _byteIds[value] = vocabulary.Find([ByteLevelAlphabet.ToCharacter((byte)value)]) ?? -1;
    }

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<char> piece, List<int> ids)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        var symbols = ArrayPool<int>.Shared.Rent(bytes.Length);
        try
        {
            var length = Encoding.UTF8.GetBytes(piece, bytes);
            if (_ignoreMerges && TryWhole(bytes.AsSpan(0, length), out var whole))
            {
                ids.Add(whole);
                return;
            }

            var count = 0;
            for (var i = 0; i < length; i++)
            {
                var id = _byteIds[bytes[i]];
                if (id >= 0)
                    symbols[count++] = id;
                else if (_unknownId is { } unknown && !(_fuseUnknown && count > 0 && symbols[count - 1] == unknown))
                    symbols[count++] = unknown; // without an unknown token, a byte outside the vocabulary is dropped
            }

            ids.AddRange(symbols.AsSpan(0, _merges.Merge(symbols.AsSpan(0, count))));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<int>.Shared.Return(symbols);
        }
    }

    private bool TryWhole(ReadOnlySpan<byte> bytes, out int id)
    {
        const int longest = 512;
        id = 0;
        if (bytes.Length > longest)
            return false;
        Span<char> characters = stackalloc char[longest];
        for (var i = 0; i < bytes.Length; i++)
            characters[i] = ByteLevelAlphabet.ToCharacter(bytes[i]);
        return _vocabulary.TryGetValue(characters[..bytes.Length], out id);
    }
}
