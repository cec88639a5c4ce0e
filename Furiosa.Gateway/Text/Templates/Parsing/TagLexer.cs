using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>Reads the tokens between a tag's opening and its closing characters.</summary>
internal sealed class TagLexer
{
    // Longest first.
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly TemplateSource _source;
    private readonly string _text;
    private readonly List<Token> _tokens;
    private readonly Stack<char> _brackets = new();
    private int _at;

    private TagLexer(TemplateSource source, int at, List<Token> tokens)
    {
        _source = source;
        _text = source.Text;
        _at = at;
        _tokens = tokens;
    }

    /// <summary>Adds a tag's tokens, its end included.</summary>
    /// <returns>Where the two closing characters are.</returns>
    public static int Read(TemplateSource source, int at, int open, bool isBlock, List<Token> tokens)
    {
        var lexer = new TagLexer(source, at, tokens);
        var close = isBlock ? "%}" : "}}";
        while (lexer.SkipSpace() < lexer._text.Length)
        {
            if (lexer._brackets.Count == 0 && lexer.ClosesAt(close, isBlock) is { } end)
            {
                tokens.Add(new Token(isBlock ? TokenKind.BlockEnd : TokenKind.OutputEnd, close, end));
                return end;
            }

            lexer.ReadToken();
        }

        throw source.Error(open, $"this tag is not closed by {close}.");
    }

    private int SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
        return _at;
    }

    private int? ClosesAt(string close, bool isBlock)
    {
        var at = _text[_at] == '-' || (isBlock && _text[_at] == '+') ? _at + 1 : _at;
        return string.CompareOrdinal(_text, at, close, 0, 2) == 0 ? at : null;
    }

    private void ReadToken()
    {
        var start = _at;
        var first = _text[_at];
        if (first is '"' or '\'')
        {
            _tokens.Add(new Token(TokenKind.String, ReadString(first), start));
            return;
        }

        if (char.IsAsciiDigit(first))
        {
            ReadNumber();
            return;
        }

        if (first == '_' || char.IsLetter(first))
        {
            while (_at < _text.Length && (_text[_at] == '_' || char.IsLetterOrDigit(_text[_at])))
                _at++;
            _tokens.Add(new Token(TokenKind.Name, _text[start.._at], start));
            return;
        }

        var text = Array.Find(Operators, candidate => string.CompareOrdinal(_text, start, candidate, 0, candidate.Length) == 0)
            ?? throw _source.Error(start, $"the character '{first}' means nothing here.");
        Balance(text[0], start);
        _at += text.Length;
        _tokens.Add(new Token(TokenKind.Operator, text, start));
    }

    private void Balance(char bracket, int position)
    {
        if (bracket is '(' or '[' or '{')
            _brackets.Push(bracket);
        if (bracket is not (')' or ']' or '}'))
            return;
        var opening = bracket switch { ')' => '(', ']' => '[', _ => '{' };
        if (!_brackets.TryPop(out var opened) || opened != opening)
            throw _source.Error(position, $"this '{bracket}' closes no '{opening}'.");
    }

    private void ReadNumber()
    {
        var start = _at;
        if (_text[_at] == '0' && _at + 1 < _text.Length && char.ToLowerInvariant(_text[_at + 1]) is 'x' or 'o' or 'b')
        {
            ReadRadix();
            return;
        }

        SkipDigits();
        var isFloat = false;
        if (_at + 1 < _text.Length && _text[_at] == '.' && char.IsAsciiDigit(_text[_at + 1]))
        {
            isFloat = true;
            _at++;
            SkipDigits();
        }

        var exponent = _at + 1;
        if (exponent < _text.Length && _text[_at] is 'e' or 'E' && _text[exponent] is '+' or '-')
            exponent++;
        if (exponent < _text.Length && _text[_at] is 'e' or 'E' && char.IsAsciiDigit(_text[exponent]))
        {
            isFloat = true;
            _at = exponent;
            SkipDigits();
        }

        var digits = _text[start.._at].Replace("_", string.Empty, StringComparison.Ordinal);
        _tokens.Add(new Token(isFloat ? TokenKind.Float : TokenKind.Integer, digits, start));
    }

    private void ReadRadix()
    {
        var start = _at;
        var radix = char.ToLowerInvariant(_text[_at + 1]) switch { 'x' => 16, 'o' => 8, _ => 2 };
        System.Numerics.BigInteger value = 0;
        for (_at += 2; _at < _text.Length && (_text[_at] == '_' || char.IsAsciiHexDigit(_text[_at])); _at++)
        {
            if (_text[_at] == '_')
                continue;
            var digit = Convert.ToInt32(_text[_at].ToString(), 16);
            if (digit >= radix)
                throw _source.Error(_at, $"'{_text[_at]}' is not a digit of this number.");
            value = (value * radix) + digit;
        }

        _tokens.Add(new Token(TokenKind.Integer, value.ToString(CultureInfo.InvariantCulture), start));
    }

    private void SkipDigits()
    {
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || (_text[_at] == '_' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1]))))
            _at++;
    }

    private string ReadString(char quote)
    {
        var start = _at++;
        var value = new StringBuilder();
        while (_at < _text.Length)
        {
            var character = _text[_at++];
            if (character == quote)
                return value.ToString();
            if (character == '\\' && _at < _text.Length)
                _at += StringEscape.Append(_text, _at, value);
            else
                value.Append(character);
        }

        throw _source.Error(start, "this string is not closed.");
    }
}
