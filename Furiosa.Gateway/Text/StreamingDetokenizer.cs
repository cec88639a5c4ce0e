using System.Text;

namespace Furiosa.Gateway.Text;

/// <summary>
/// Turns one sequence's ids into text as they come, whole characters only: what is emitted, put together with <see cref="Flush"/>'s
/// rest, is what <see cref="ITextTokenizer.Decode"/> makes of all the ids, however they were fed. Not thread-safe.
/// </summary>
internal sealed class StreamingDetokenizer
{
    private readonly ITextTokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private bool _dropSpace;

    internal StreamingDetokenizer(ITextTokenizer tokenizer, bool skipSpecialTokens, bool dropFirstSpace)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
        _dropSpace = dropFirstSpace;
    }

    /// <summary>Takes one id and gives the characters that are now complete: often one token's text, sometimes none.</summary>
    public string Add(int id) => _skipSpecialTokens && _tokenizer.IsSpecial(id) ? string.Empty : Take(_tokenizer.TokenBytes(id).Span, flush: false);

    /// <summary>Takes several ids and gives the characters that are now complete.</summary>
    public string Add(ReadOnlySpan<int> ids)
    {
        if (ids.Length == 1)
            return Add(ids[0]);
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(Add(id));
        return text.ToString();
    }

    /// <summary>Ends the sequence: bytes of a character that never became whole are one U+FFFD.</summary>
    public string Flush() => Take([], flush: true);

    private string Take(ReadOnlySpan<byte> bytes, bool flush)
    {
        // The decoder may still hold three bytes, and each broken piece of them is one character.
        Span<char> characters = bytes.Length <= 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        ReadOnlySpan<char> text = characters[.._decoder.GetChars(bytes, characters, flush)];
        if (_dropSpace && text.Length > 0)
        {
            _dropSpace = false;
            if (text[0] == ' ')
                text = text[1..];
        }

        return text.ToString();
    }
}
