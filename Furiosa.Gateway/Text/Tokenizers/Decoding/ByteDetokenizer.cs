using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>The detokenizer of byte-level vocabularies, where any byte may end a token.</summary>
internal sealed class ByteDetokenizer(ITextTokenizer tokenizer, bool skipSpecialTokens) : StreamingDetokenizer(tokenizer, skipSpecialTokens)
{
    private readonly ITextTokenizer _tokenizer = tokenizer;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <inheritdoc/>
    public override string Flush() => Take([], flush: true);

    /// <inheritdoc/>
    protected override string Take(int id) => Take(_tokenizer.TokenBytes(id).Span, flush: false);

    private string Take(ReadOnlySpan<byte> bytes, bool flush)
    {
        // The decoder may still hold three bytes, and each broken piece of them is one character.
        Span<char> characters = bytes.Length <= 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        return characters[.._decoder.GetChars(bytes, characters, flush)].ToString();
    }
}
