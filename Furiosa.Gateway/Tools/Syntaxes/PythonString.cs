using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>The inside of one quoted Python string, made the inside of a JSON string, a character at a time.</summary>
internal sealed class PythonString
{
    private readonly StringBuilder _escape = new();
    private char _quote;

    /// <summary>Whether the closing quote was read.</summary>
    public bool Ended { get; private set; }

    /// <summary>Characters of an escape that is not complete.</summary>
    public int HeldLength => _escape.Length;

    /// <summary>Begins a string after its opening quote.</summary>
    public void Begin(char quote)
    {
        _quote = quote;
        _escape.Clear();
        Ended = false;
    }

    /// <summary>Takes a character and gives the JSON text it makes, often itself; null where it cannot stand in a string.</summary>
    public string? Push(char character)
    {
        if (_escape.Length > 0)
            return InEscape(character);
        if (character == '\\')
        {
            _escape.Append(character);
            return "";
        }

        if (character != _quote)
            return character == '\n' ? null : JsonString.Escape([character]);
        Ended = true;
        return "";
    }

    private string? InEscape(char character)
    {
        _escape.Append(character);
        var digits = _escape[1] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (_escape.Length > 2 && !char.IsAsciiHexDigit(character))
            return null;
        if (_escape.Length < 2 + digits)
            return "";
        var escape = _escape.ToString();
        _escape.Clear();
        return digits > 0 ? FromCode(escape[2..]) : escape[1] switch
        {
            'n' => "\\n",
            't' => "\\t",
            'r' => "\\r",
            'b' => "\\b",
            'f' => "\\f",
            'a' => "\\u0007",
            'v' => "\\u000b",
            '0' => "\\u0000",
            '\n' => "",
            '\\' or '\'' or '"' => JsonString.Escape([escape[1]]),
            // Python keeps the backslash of an escape it does not know.
            _ => "\\\\" + JsonString.Escape([escape[1]]),
        };
    }

    private static string? FromCode(string digits)
    {
        var code = uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (code <= char.MaxValue)
            return char.IsSurrogate((char)code) ? $"\\u{code:x4}" : JsonString.Escape([(char)code]);
        return code <= 0x10FFFF ? char.ConvertFromUtf32((int)code) : null;
    }
}
