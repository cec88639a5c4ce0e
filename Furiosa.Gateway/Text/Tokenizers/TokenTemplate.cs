namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>What a tokenizer's post-processor puts around one text when special tokens are asked for.</summary>
/// <param name="Before">Ids before the text's own.</param>
/// <param name="After">Ids after them.</param>
internal sealed record TokenTemplate(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Nothing on either side.</summary>
    public static TokenTemplate Empty { get; } = new([], []);
}
