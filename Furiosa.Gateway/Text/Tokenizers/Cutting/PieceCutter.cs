namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>One pre-tokenizer: cuts pieces into smaller ones, and may rewrite them. Thread-safe.</summary>
internal abstract class PieceCutter
{
    /// <summary>Adds what becomes of a piece; empty pieces are left out.</summary>
    public abstract void Cut(TextPiece piece, List<TextPiece> into);
}
