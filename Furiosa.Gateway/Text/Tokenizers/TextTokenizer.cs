using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>A tokenizer made from a model directory's <c>tokenizer.json</c>: the stages of Hugging Face's pipeline in their order.</summary>
internal sealed class TextTokenizer : ITextTokenizer
{
    private readonly TokenizerParts _parts;
    private readonly TokenNames _names;
    private readonly AddedTokenFinder _inText;
    private readonly AddedTokenFinder _inNormalizedText;
    private readonly Dictionary<string, int> _addedIds;
    private readonly string?[] _tokens;
    private readonly byte[]?[] _bytes;
    private readonly bool[] _special;

    private TextTokenizer(TokenizerParts parts, TokenNames names)
    {
        _parts = parts;
        _names = names;
        var added = parts.AddedTokens;
        _inText = new AddedTokenFinder(added.Where(token => !token.Normalized));
        _inNormalizedText = new AddedTokenFinder(added.Where(token => token.Normalized).Select(token => token with { Content = Normalize(token.Content) }));
        _addedIds = added.GroupBy(token => token.Content, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last().Id, StringComparer.Ordinal);
        var size = Math.Max(parts.Vocabulary.Values.DefaultIfEmpty(-1).Max(), added.Select(token => token.Id).DefaultIfEmpty(-1).Max()) + 1;
        _tokens = new string?[size];
        _bytes = new byte[]?[size];
        _special = new bool[size];
        foreach (var (token, id) in parts.Vocabulary)
            _tokens[id] = token;
        foreach (var token in added)
        {
            _tokens[token.Id] = token.Content;
            _special[token.Id] |= token.Special;
        }
    }

    /// <inheritdoc/>
    public int VocabularySize => _tokens.Length;

    /// <inheritdoc/>
    public string? BosToken => _names.Bos;

    /// <inheritdoc/>
    public string? EosToken => _names.Eos;

    /// <inheritdoc/>
    public string? PadToken => _names.Pad;

    /// <inheritdoc/>
    public string? UnkToken => _names.Unk;

    /// <summary>Reads <c>tokenizer.json</c> and, where they are, <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</summary>
    /// <exception cref="ModelTextException">A file is missing or malformed, or asks for something that is not supported.</exception>
    public static TextTokenizer Load(string modelDirectory) =>
        new(TokenizerFile.Load(Path.Combine(modelDirectory, "tokenizer.json")), TokenNames.Load(modelDirectory));

    /// <inheritdoc/>
    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens = true)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        if (addSpecialTokens)
            ids.AddRange(_parts.Template.Before);
        _inText.Cut(
            WellFormed(text),
            parseSpecialTokens,
            between => _inNormalizedText.Cut(Normalize(between), parseSpecialTokens, part => Cut(part, 0, ids), token => ids.Add(token.Id)),
            token => ids.Add(token.Id));
        if (addSpecialTokens)
            ids.AddRange(_parts.Template.After);
        return ids;
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var detokenizer = CreateDetokenizer(skipSpecialTokens);
        return detokenizer.Add(ids) + detokenizer.Flush();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> TokenBytes(int id)
    {
        if ((uint)id >= (uint)_tokens.Length || _tokens[id] is not { } token)
            return ReadOnlyMemory<byte>.Empty;
        return _bytes[id] ??= _parts.Model.ToBytes(token);
    }

    /// <inheritdoc/>
    public string TokenText(int id) => Encoding.UTF8.GetString(TokenBytes(id).Span);

    /// <inheritdoc/>
    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    /// <inheritdoc/>
    public int? TokenToId(string token) =>
        _addedIds.TryGetValue(token, out var added) ? added : _parts.Vocabulary.TryGetValue(token, out var id) ? id : null;

    /// <inheritdoc/>
    public StreamingDetokenizer CreateDetokenizer(bool skipSpecialTokens) => new(this, skipSpecialTokens, _parts.DropFirstSpace);

    // What JSON can say and UTF-8 cannot: a lone surrogate.
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private string Normalize(string text) => _parts.Normalizer?.Normalize(text) ?? text;

    private void Cut(string text, int stage, List<int> ids)
    {
        if (stage == _parts.Stages.Count)
        {
            _parts.Model.Encode(text, ids);
            return;
        }

        var (cut, addPrefixSpace) = _parts.Stages[stage];
        if (addPrefixSpace && !text.StartsWith(' '))
            text = ' ' + text;
        if (cut == null)
        {
            Cut(text, stage + 1, ids);
            return;
        }

        var last = stage == _parts.Stages.Count - 1;
        foreach (var (offset, length) in cut.PreTokenize(text))
        {
            if (last)
                _parts.Model.Encode(text.AsSpan(offset, length), ids);
            else
                Cut(text.Substring(offset, length), stage + 1, ids);
        }
    }
}
