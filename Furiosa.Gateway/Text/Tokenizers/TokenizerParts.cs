using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>What a <c>tokenizer.json</c> says, ready to run.</summary>
/// <param name="Vocabulary">The model's tokens and their ids, without the added ones.</param>
/// <param name="AddedTokens">The added tokens in the file's order.</param>
/// <param name="Normalizer">What is done to text between added tokens first, or null.</param>
/// <param name="Stages">How text is then cut into pieces.</param>
/// <param name="Model">What turns a piece into ids.</param>
/// <param name="Template">What goes around a text's ids.</param>
/// <param name="DropFirstSpace">Whether decoding leaves out one space at the very beginning.</param>
internal sealed record TokenizerParts(
    Dictionary<string, int> Vocabulary,
    IReadOnlyList<AddedToken> AddedTokens,
    Normalizer? Normalizer,
    IReadOnlyList<PreTokenizerStage> Stages,
    BpeModel Model,
    TokenTemplate Template,
    bool DropFirstSpace);
