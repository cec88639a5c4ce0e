using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>BPE over the characters of a piece (Llama 2, Gemma, the first GPT).</summary>
internal sealed class CharacterBpe : SubwordModel
{
    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly BpeSettings _settings;
    private readonly ByteTokens? _bytes;
    private readonly bool _hasAffixes;

    public CharacterBpe(Vocabulary vocabulary, MergeTable merges, BpeSettings settings)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _settings = settings;
        _bytes = settings.ByteFallback ? new ByteTokens(vocabulary) : null;
        _hasAffixes = settings.Prefix.Length + settings.Suffix.Length > 0;
    }

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_settings.IgnoreMerges && _vocabulary.TryGetValue(piece, out var whole))
        {
            ids.Add(whole);
            return;
        }

        var symbols = new List<int>(piece.Length + 8);
        var isUnknownPending = false;
        var rest = piece;
        while (Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done)
        {
            var id = Find(rest[..length], isFirst: rest.Length == piece.Length, isLast: rest.Length == length);
            rest = rest[length..];
            if (id < 0 && _bytes?.TryAdd(rune, symbols) == true)
                continue;
            // An unknown token waits, to be one with the next if they are fused; bytes in between do not end that.
            if (isUnknownPending && (id >= 0 || !_settings.FuseUnknown))
            {
                symbols.Add(_settings.UnknownId!.Value);
                isUnknownPending = false;
            }

            if (id >= 0)
                symbols.Add(id);
            else
                isUnknownPending = _settings.UnknownId != null;
        }

        if (isUnknownPending)
            symbols.Add(_settings.UnknownId!.Value);
        var merged = CollectionsMarshal.AsSpan(symbols);
        ids.AddRange(merged[.._merges.Merge(merged)]);
    }

    private int Find(ReadOnlySpan<char> character, bool isFirst, bool isLast)
    {
        if (!_hasAffixes)
            return _vocabulary.TryGetValue(character, out var plain) ? plain : -1;
        var written = string.Concat(isFirst ? "" : _settings.Prefix, character, isLast ? _settings.Suffix : "");
        return _vocabulary.TryGetValue(written, out var id) ? id : -1;
    }
}
