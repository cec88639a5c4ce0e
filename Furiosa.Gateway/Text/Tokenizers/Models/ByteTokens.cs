using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> of a vocabulary with byte fallback.</summary>
internal sealed class ByteTokens
{
    private readonly int[] _ids = new int[256];

    public ByteTokens(Vocabulary vocabulary)
    {
        for (var value = 0; value < _ids.Length; value++)
            _ids[value] = vocabulary.Find($"<0x{value:X2}>") ?? -1;
    }

    /// <summary>The byte that a token stands for, or null for any other token.</summary>
    public static byte? Parse(string token) =>
        token is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low) ? Convert.FromHexString(token.AsSpan(3, 2))[0] : null;

    /// <summary>Adds the tokens of a character's bytes, if the vocabulary has them all.</summary>
    public bool TryAdd(Rune rune, List<int> ids)
    {
        Span<byte> bytes = stackalloc byte[4];
        return TryAdd(bytes[..rune.EncodeToUtf8(bytes)], ids);
    }

    /// <summary>Adds the tokens of bytes, if the vocabulary has them all.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes, List<int> ids)
    {
        foreach (var value in bytes)
        {
            if (_ids[value] < 0)
                return false;
        }

        foreach (var value in bytes)
            ids.Add(_ids[value]);
        return true;
    }
}
