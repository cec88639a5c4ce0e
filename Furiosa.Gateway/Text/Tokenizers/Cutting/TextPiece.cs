namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>A stretch of text on its way to the model.</summary>
/// <param name="Source">The text that it is in.</param>
/// <param name="Start">Where it begins there.</param>
/// <param name="Length">How long it is, in UTF-16 units.</param>
/// <param name="IsFirst">Whether the text to tokenize begins with it.</param>
internal readonly record struct TextPiece(string Source, int Start, int Length, bool IsFirst)
{
    public TextPiece(string text, bool isFirst)
        : this(text, 0, text.Length, isFirst)
    {
    }

    public ReadOnlySpan<char> Span => Source.AsSpan(Start, Length);

    /// <summary>The stretch as a text by itself.</summary>
    public string Text => Length == Source.Length ? Source : Source.Substring(Start, Length);

    /// <summary>A part of this piece.</summary>
    public TextPiece Part(int start, int stop) => new(Source, Start + start, stop - start, IsFirst && start == 0);
}
