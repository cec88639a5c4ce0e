namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Puts a space before a piece that does not begin with one (ByteLevel's <c>add_prefix_space</c>).</summary>
internal sealed class PrefixSpaceCutter : PieceCutter
{
    /// <inheritdoc/>
    public override void Cut(TextPiece piece, List<TextPiece> into) =>
        into.Add(piece.Span.StartsWith(' ') ? piece : new TextPiece($" {piece.Span}", piece.IsFirst));
}
