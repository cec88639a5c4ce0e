using System.Text;
using Furiosa.Gateway.Text.Tokenizers.Decoding;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>What each id stands for. Thread-safe.</summary>
internal sealed class TokenTable
{
    private readonly TokenDecoder _decoder;
    private readonly string?[] _texts;
    private readonly byte[]?[] _bytes;
    private readonly bool[] _special;
    private readonly string _anchor;

    public TokenTable(TokenizerParts parts)
    {
        _decoder = parts.Decoder;
        var size = Math.Max(parts.Vocabulary.Values.DefaultIfEmpty(-1).Max(), parts.AddedTokens.Select(token => token.Id).DefaultIfEmpty(-1).Max()) + 1;
        _texts = new string?[size];
        _bytes = new byte[]?[size];
        _special = new bool[size];
        foreach (var (token, id) in parts.Vocabulary)
            _texts[id] = token;
        var special = parts.AddedTokens.Where(token => token.Special).Select(token => token.Content).ToHashSet(StringComparer.Ordinal);
        foreach (var token in parts.AddedTokens)
        {
            _texts[token.Id] = token.Content;
            _special[token.Id] |= special.Contains(token.Content);
        }

        _anchor = parts.Vocabulary.Keys.FirstOrDefault(token => token.Length == 1 && char.IsAsciiLetter(token[0])) ?? "a";
    }

    /// <summary>One more than the largest id.</summary>
    public int Size => _texts.Length;

    /// <summary>The token as the vocabulary writes it, or null for an id that no token has.</summary>
    public string? Text(int id) => (uint)id < (uint)_texts.Length ? _texts[id] : null;

    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    /// <summary>Whether the token is one byte of a character.</summary>
    public bool IsByte(int id) => _decoder.Style == DecodingStyle.Pieces && Text(id) is { } token && _decoder.ToBytes(token, out var isByte).Length > 0 && isByte;

    /// <summary>The bytes that a token stands for inside a text; none for an id that no token has.</summary>
    public ReadOnlyMemory<byte> Bytes(int id)
    {
        if (Text(id) is not { } token)
            return ReadOnlyMemory<byte>.Empty;
        return _bytes[id] ??= _decoder.Style == DecodingStyle.Context ? InContext(token) : _decoder.ToBytes(token, out _);
    }

    // What the token adds to a text that is not empty.
    private byte[] InContext(string token)
    {
        var before = _decoder.Decode([_anchor]);
        var after = _decoder.Decode([_anchor, token]);
        return Encoding.UTF8.GetBytes(after.StartsWith(before, StringComparison.Ordinal) ? after[before.Length..] : after);
    }
}
