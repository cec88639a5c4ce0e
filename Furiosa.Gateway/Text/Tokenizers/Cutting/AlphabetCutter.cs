using System.Text;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Writes a piece's UTF-8 bytes in <see cref="ByteLevelAlphabet"/>, for what comes after ByteLevel where that is not the last step.</summary>
internal sealed class AlphabetCutter : PieceCutter
{
    /// <inheritdoc/>
    public override void Cut(TextPiece piece, List<TextPiece> into) => into.Add(new TextPiece(Write(piece.Text), piece.IsFirst));

    /// <summary>A text's bytes, a character each.</summary>
    public static string Write(string text) => string.Create(Encoding.UTF8.GetByteCount(text), Encoding.UTF8.GetBytes(text), static (characters, bytes) =>
    {
        for (var i = 0; i < bytes.Length; i++)
            characters[i] = ByteLevelAlphabet.ToCharacter(bytes[i]);
    });
}
