using System.Text;
using System.Text.RegularExpressions;
using Furiosa.Gateway.Text.Tokenizers.Cutting;
using Furiosa.Gateway.Text.Tokenizers.Decoding;
using Furiosa.Gateway.Text.Tokenizers.Files;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>A tokenizer of a model's files: the stages of Hugging Face's pipeline in their order.</summary>
internal sealed class TextTokenizer : ITextTokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenFinder _inText;
    private readonly AddedTokenFinder _inNormalizedText;
    private readonly Dictionary<string, int> _addedIds;
    private readonly TokenTable _table;

    /// <param name="parts">What the files say.</param>
    /// <param name="names">The roles of tokens.</param>
    public TextTokenizer(TokenizerParts parts, TokenNames names)
    {
        _parts = parts;
        Names = names;
        var added = parts.AddedTokens;
        _inText = new AddedTokenFinder(added.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _inNormalizedText = new AddedTokenFinder(added.Where(token => token.Normalized).Select(token => (Normalize(token.Content), token)));
        _addedIds = added.GroupBy(token => token.Content, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last().Id, StringComparer.Ordinal);
        _table = new TokenTable(parts);
    }

    /// <inheritdoc/>
    public int VocabularySize => _table.Size;

    /// <inheritdoc/>
    public TokenNames Names { get; }

    /// <summary>
    /// Reads a model directory's tokenizer: <c>tokenizer.json</c>, else <c>tokenizer.model</c> (SentencePiece or tiktoken), else a tiktoken
    /// list, with <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> where they are.
    /// </summary>
    /// <exception cref="ModelTextException">A file is missing or malformed, or asks for something that is not supported.</exception>
    public static TextTokenizer Load(string modelDirectory) => new(TokenizerFiles.Load(modelDirectory), TokenNames.Load(modelDirectory));

    /// <inheritdoc/>
    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens = true)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        if (addSpecialTokens)
            ids.AddRange(_parts.Template.Before);
        try
        {
            EncodeText(WellFormed(text), parseSpecialTokens, ids);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new ModelTextException($"the tokenizer's pattern {error.Pattern} takes too long.", error);
        }

        if (addSpecialTokens)
            ids.AddRange(_parts.Template.After);
        return ids;
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        if (_parts.Decoder.Style == DecodingStyle.ByteLevel)
        {
            var bytes = new List<byte>(ids.Length * 4);
            foreach (var id in ids)
            {
                if (!skipSpecialTokens || !IsSpecial(id))
                    bytes.AddRange(TokenBytes(id).Span);
            }

            return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        }

        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if (_table.Text(id) is { } token && !(skipSpecialTokens && IsSpecial(id)))
                tokens.Add(token);
        }

        return _parts.Decoder.Decode(tokens);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> TokenBytes(int id) => _table.Bytes(id);

    /// <summary>Whether the token is one byte of a character, such as <c>&lt;0xE2&gt;</c>.</summary>
    public bool IsByte(int id) => _table.IsByte(id);

    /// <inheritdoc/>
    public string TokenText(int id) => Encoding.UTF8.GetString(TokenBytes(id).Span);

    /// <inheritdoc/>
    public bool IsSpecial(int id) => _table.IsSpecial(id);

    /// <inheritdoc/>
    public int? TokenToId(string token) =>
        _addedIds.TryGetValue(token, out var added) ? added : _parts.Vocabulary.TryGetValue(token, out var id) ? id : null;

    /// <inheritdoc/>
    public StreamingDetokenizer CreateDetokenizer(bool skipSpecialTokens) => _parts.Decoder.Style switch
    {
        DecodingStyle.ByteLevel => new ByteDetokenizer(this, skipSpecialTokens),
        DecodingStyle.Pieces => new PieceDetokenizer(this, skipSpecialTokens, _parts.Decoder.DropFirstSpace),
        _ => new ContextDetokenizer(this, skipSpecialTokens),
    };

    // What JSON can say and UTF-8 cannot: a lone surrogate.
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private void EncodeText(string text, bool parseSpecialTokens, List<int> ids)
    {
        var (from, to) = (new List<TextPiece>(), new List<TextPiece>());
        _inText.Cut(
            text,
            parseSpecialTokens,
            (between, isFirst) => _inNormalizedText.Cut(Normalize(between), parseSpecialTokens, (part, isFirstPart) => Encode(new TextPiece(part, isFirst && isFirstPart), ids, from, to), token => ids.Add(token.Id)),
            token => ids.Add(token.Id));
    }

    private string Normalize(string text) => _parts.Normalizer?.Normalize(text) ?? text;

    private void Encode(TextPiece piece, List<int> ids, List<TextPiece> from, List<TextPiece> to)
    {
        from.Clear();
        from.Add(piece);
        foreach (var cutter in _parts.Cutters)
        {
            to.Clear();
            foreach (var part in from)
                cutter.Cut(part, to);
            (from, to) = (to, from);
        }

        foreach (var part in from)
            _parts.Model.Encode(part.Span, ids);
    }
}
