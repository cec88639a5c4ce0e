namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>One token for each piece.</summary>
/// <param name="vocabulary">Token to id.</param>
/// <param name="unknownId">The token for a piece outside the vocabulary; null where there is none.</param>
internal sealed class WordLevelModel(Vocabulary vocabulary, int? unknownId) : SubwordModel
{
    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<char> piece, List<int> ids) => ids.Add(
        vocabulary.TryGetValue(piece, out var id) ? id
        : unknownId ?? throw new ModelTextException("the text has a word outside the tokenizer's vocabulary, and it has no unknown token (unk_token)."));
}
