using Furiosa.Gateway.Text.Templates.Library;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>
/// Cuts a template into tokens, with Jinja's white space control as Hugging Face sets it up: the newline after a block tag goes
/// (<c>trim_blocks</c>), so does white space before a block tag alone on its line (<c>lstrip_blocks</c>), and <c>-</c> and <c>+</c> at a tag override.
/// </summary>
internal sealed class Lexer
{
    private readonly TemplateSource _source;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _at;

    // Whether what came last ended a line, so that white space now begins one.
    private bool _atLineStart = true;

    private Lexer(TemplateSource source)
    {
        _source = source;
        _text = source.Text;
    }

    /// <summary>The tokens of a template, the last of which is <see cref="TokenKind.End"/>.</summary>
    /// <exception cref="ChatTemplateException">A tag is not closed or holds a character that means nothing.</exception>
    public static List<Token> Read(TemplateSource source)
    {
        var lexer = new Lexer(source);
        while (lexer._at < lexer._text.Length)
            lexer.ReadNext();
        lexer._tokens.Add(new Token(TokenKind.End, string.Empty, lexer._text.Length));
        return lexer._tokens;
    }

    private void ReadNext()
    {
        var open = FindOpen(_at);
        if (open < 0)
        {
            AddData(_at, _text.Length);
            _at = _text.Length;
            return;
        }

        var kind = _text[open + 1];
        var sign = open + 2 < _text.Length ? _text[open + 2] : '\0';
        AddData(_at, DataEnd(_at, open, kind, sign));
        _at = open + (sign is '-' or '+' ? 3 : 2);
        switch (kind)
        {
            case '#':
                SkipComment(open);
                break;
            case '%' when TagName(_at, out _) == "raw":
                ReadRaw(open);
                break;
            default:
                _tokens.Add(new Token(kind == '%' ? TokenKind.BlockBegin : TokenKind.OutputBegin, _text[open..(open + 2)], open));
                var close = TagLexer.Read(_source, _at, open, kind == '%', _tokens);
                CloseTag(close, Sign(close), kind == '%');
                break;
        }
    }

    private int FindOpen(int from)
    {
        for (var at = _text.IndexOf('{', from); at >= 0 && at + 1 < _text.Length; at = _text.IndexOf('{', at + 1))
        {
            if (_text[at + 1] is '{' or '%' or '#')
                return at;
        }

        return -1;
    }

    private int DataEnd(int from, int open, char kind, char sign)
    {
        var end = open;
        if (sign == '-')
        {
            while (end > from && PythonSpace.Is(_text[end - 1]))
                end--;
            return end;
        }

        if (sign == '+' || kind == '{')
            return end;
        while (end > from && PythonSpace.Is(_text[end - 1]) && _text[end - 1] != '\n')
            end--;
        return end == from ? (_atLineStart ? end : open) : _text[end - 1] == '\n' ? end : open;
    }

    private void AddData(int from, int to)
    {
        if (to > from)
            _tokens.Add(new Token(TokenKind.Data, _text[from..to], from));
    }

    private void SkipComment(int open)
    {
        var close = _text.IndexOf("#}", _at, StringComparison.Ordinal);
        if (close < 0)
            throw _source.Error(open, "this comment is not closed by #}.");
        CloseTag(close, close > _at ? Sign(close) : '\0', trimNewline: true);
    }

    private char Sign(int close) => _text[close - 1] is '-' or '+' ? _text[close - 1] : '\0';

    // Goes on after the two characters that close a tag at that position.
    private void CloseTag(int close, char sign, bool trimNewline)
    {
        _at = close + 2;
        if (sign == '-')
        {
            while (_at < _text.Length && PythonSpace.Is(_text[_at]))
                _at++;
        }
        else if (trimNewline && sign != '+' && _at < _text.Length && _text[_at] == '\n')
        {
            _at++;
        }

        _atLineStart = _text[_at - 1] == '\n';
    }

    // The only name inside a tag, and where the tag's closing characters are. Only the tag that ends a raw block may end with a plus.
    private string? TagName(int from, out int close, bool mayEndWithPlus = false)
    {
        close = _text.IndexOf("%}", from, StringComparison.Ordinal);
        if (close < 0)
            return null;
        var end = close > from && (_text[close - 1] == '-' || (mayEndWithPlus && _text[close - 1] == '+')) ? close - 1 : close;
        return PythonSpace.Trim(_text[from..end]);
    }

    private void ReadRaw(int open)
    {
        TagName(_at, out var close);
        CloseTag(close, Sign(close), trimNewline: false);
        var from = _at;
        for (var at = _text.IndexOf("{%", from, StringComparison.Ordinal); at >= 0; at = _text.IndexOf("{%", at + 2, StringComparison.Ordinal))
        {
            var sign = at + 2 < _text.Length ? _text[at + 2] : '\0';
            if (TagName(at + (sign is '-' or '+' ? 3 : 2), out var end, mayEndWithPlus: true) != "endraw")
                continue;
            AddData(from, DataEnd(from, at, '%', sign));
            CloseTag(end, Sign(end), trimNewline: true);
            return;
        }

        // Jinja minds that only where anything follows.
        if (from == _text.Length) return;
        throw _source.Error(open, "this raw block is not closed by {% endraw %}.");
    }
}
