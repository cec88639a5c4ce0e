using Furiosa.Gateway.Text.Tokenizers.Cutting;
using Furiosa.Gateway.Text.Tokenizers.Decoding;
using Furiosa.Gateway.Text.Tokenizers.Models;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>What a tokenizer is made of, whatever file says so: <c>tokenizer.json</c>, a SentencePiece model, a tiktoken list or GGUF's metadata.</summary>
internal sealed record TokenizerParts
{
    /// <summary>The model's tokens and their ids, without the added ones.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>What turns a piece into ids.</summary>
    public required SubwordModel Model { get; init; }

    /// <summary>How ids become text.</summary>
    public required TokenDecoder Decoder { get; init; }

    /// <summary>The added tokens in the file's order.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>What is done first to text between added tokens, or null.</summary>
    public Normalizer? Normalizer { get; init; }

    /// <summary>How text is then cut into pieces.</summary>
    public IReadOnlyList<PieceCutter> Cutters { get; init; } = [];

    /// <summary>What goes around a text's ids.</summary>
    public TokenTemplate Template { get; init; } = TokenTemplate.Empty;
}
