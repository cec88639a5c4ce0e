using Furiosa.Gateway.Text.Tokenizers;

namespace Furiosa.Gateway.Text;

/// <summary>Text to token ids and back, exactly as Hugging Face's tokenizers do it for the model's <c>tokenizer.json</c>. Thread-safe.</summary>
internal interface ITextTokenizer
{
    /// <summary>Number of ids: one more than the largest id of the vocabulary and the added tokens.</summary>
    int VocabularySize { get; }

    /// <summary>The tokens that the model gives a role to.</summary>
    TokenNames Names { get; }

    /// <summary>Turns text into token ids.</summary>
    /// <param name="text">Any text; a lone surrogate counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the tokenizer's own template (usually a beginning-of-text token) is put around the ids.</param>
    /// <param name="parseSpecialTokens">Whether special tokens written out in <paramref name="text"/> become their ids; otherwise they are plain text.</param>
    IReadOnlyList<int> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens = true);

    /// <summary>Turns token ids into text; bytes that are not UTF-8 become U+FFFD, ids that no token has are left out.</summary>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens);

    /// <summary>The bytes that one token stands for inside a text, not always whole characters; empty for an id that no token has.</summary>
    ReadOnlyMemory<byte> TokenBytes(int id);

    /// <summary>One token as text by itself: its bytes as UTF-8 with U+FFFD for what is incomplete.</summary>
    string TokenText(int id);

    /// <summary>Whether the token is special, that is, left out of text made with <c>skip_special_tokens</c>.</summary>
    bool IsSpecial(int id);

    /// <summary>The id of a token written as in <c>tokenizer.json</c> (the vocabulary's own alphabet), or null.</summary>
    int? TokenToId(string token);

    /// <summary>A new incremental detokenizer, for one sequence.</summary>
    StreamingDetokenizer CreateDetokenizer(bool skipSpecialTokens);
}
