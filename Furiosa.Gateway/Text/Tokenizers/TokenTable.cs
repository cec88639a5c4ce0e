using System.Text;
using Furiosa.Gateway.Text.Tokenizers.Decoding;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>What each id stands for. Thread-safe.</summary>
internal sealed class TokenTable
{
    private readonly TokenDecoder _decoder;
    private readonly Vocabulary _vocabulary;

    // For each id one more than the number of its token in the vocabulary; 0 for none. Added tokens go before these.
    private readonly int[] _numbers;
    private readonly Dictionary<int, string> _added = [];
    private readonly HashSet<int> _special;
    private readonly string _anchor;

    public TokenTable(TokenizerParts parts)
    {
        _decoder = parts.Decoder;
        _vocabulary = parts.Vocabulary;
        _numbers = new int[Math.Max(_vocabulary.LargestId, parts.AddedTokens.Select(token => token.Id).DefaultIfEmpty(-1).Max()) + 1];
        for (var number = 0; number < _vocabulary.Count; number++)
            _numbers[_vocabulary.Id(number)] = number + 1;
        var special = parts.AddedTokens.Where(token => token.Special).Select(token => token.Content).ToHashSet(StringComparer.Ordinal);
        _special = [.. parts.AddedTokens.Where(token => special.Contains(token.Content)).Select(token => token.Id)];
        foreach (var token in parts.AddedTokens)
            _added[token.Id] = token.Content;
        _anchor = FirstLetter() ?? "a";
    }

    /// <summary>One more than the largest id.</summary>
    public int Size => _numbers.Length;

    /// <summary>The token as the vocabulary writes it, or null for an id that no token has.</summary>
    public string? Text(int id) => (uint)id >= (uint)_numbers.Length ? null
        : _added.TryGetValue(id, out var added) ? added
        : _numbers[id] is > 0 and var number ? _vocabulary.Token(number - 1).ToString() : null;

    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>Whether the token is one byte of a character.</summary>
    public bool IsByte(int id) => _decoder.Style == DecodingStyle.Pieces && Text(id) is { } token && _decoder.ToBytes(token, out var isByte).Length > 0 && isByte;

    /// <summary>The bytes that a token stands for inside a text; none for an id that no token has. Worked out anew: to keep them takes more room than the vocabulary.</summary>
    public ReadOnlyMemory<byte> Bytes(int id)
    {
        if (Text(id) is not { } token)
            return ReadOnlyMemory<byte>.Empty;
        return _decoder.Style == DecodingStyle.Context ? InContext(token) : _decoder.ToBytes(token, out _);
    }

    private string? FirstLetter()
    {
        for (var number = 0; number < _vocabulary.Count; number++)
        {
            if (_vocabulary.Token(number) is [var letter] && char.IsAsciiLetter(letter))
                return letter.ToString();
        }

        return null;
    }

    // What the token adds to a text that is not empty.
    private byte[] InContext(string token)
    {
        var before = _decoder.Decode([_anchor]);
        var after = _decoder.Decode([_anchor, token]);
        return Encoding.UTF8.GetBytes(after.StartsWith(before, StringComparison.Ordinal) ? after[before.Length..] : after);
    }
}
