using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>
/// The printable stand-ins that byte-level vocabularies write for the 256 bytes: printable Latin-1 bytes are themselves, the other 68
/// take the characters from U+0100 on in ascending order (so a space is U+0120).
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Characters = MakeCharacters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The stand-in for one byte.</summary>
    public static char ToCharacter(byte value) => Characters[value];

    /// <summary>The bytes that a token written in this alphabet stands for; a token with any other character stands for its own UTF-8.</summary>
    public static byte[] ToBytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = token[i] < Bytes.Length ? Bytes[token[i]] : (short)-1;
            if (value < 0)
                return Encoding.UTF8.GetBytes(token);
            bytes[i] = (byte)value;
        }

        return bytes;
    }

    private static char[] MakeCharacters()
    {
        var characters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= 0x21 and <= 0x7E or >= 0xA1 and <= 0xAC or >= 0xAE;
            characters[value] = (char)(printable ? value : next++);
        }

        return characters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++)
            bytes[Characters[value]] = (short)value;
        return bytes;
    }
}
