namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>One token for each piece.</summary>
/// <param name="vocabulary">Token to id.</param>
/// <param name="unknownId">The token for a piece outside the vocabulary; null where there is none.</param>
internal sealed class WordLevelModel(Dictionary<string, int> vocabulary, int? unknownId) : SubwordModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<char> piece, List<int> ids) => ids.Add(
        _bySpan.TryGetValue(piece, out var id) ? id
        : unknownId ?? throw new ModelTextException("the text has a word outside the tokenizer's vocabulary, and it has no unknown token (unk_token)."));
}
