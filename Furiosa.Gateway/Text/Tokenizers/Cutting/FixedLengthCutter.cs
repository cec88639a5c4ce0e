namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Cuts after every so many characters.</summary>
internal sealed class FixedLengthCutter(int length) : PieceCutter
{
    /// <inheritdoc/>
    public override void Cut(TextPiece piece, List<TextPiece> into)
    {
        var (start, at, count) = (0, 0, 0);
        foreach (var rune in piece.Span.EnumerateRunes())
        {
            at += rune.Utf16SequenceLength;
            if (++count < length)
                continue;
            into.Add(piece.Part(start, at));
            (start, count) = (at, 0);
        }

        if (at > start)
            into.Add(piece.Part(start, at));
    }
}
