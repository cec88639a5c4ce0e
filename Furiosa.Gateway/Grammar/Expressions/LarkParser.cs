using System.Text;
using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>
/// Parses a subset of Lark's grammars: rules and TERMINALS, literals with the flag i, /regular expressions/, ranges, groups, optional
/// [parts], <c>? * + ~n ~n..m</c>, aliases and priorities (ignored), <c>%ignore</c> and <c>%import common.X</c> or <c>common (X, Y)</c>. Terminals are not cut
/// by a lexer first: a text follows the grammar if it can be read in any way. Texts begin at <c>start</c>.
/// </summary>
internal sealed class LarkParser
{
    // No name a grammar can define.
    private const string Ignored = "%ignore";

    private readonly ExpressionText _text;
    private readonly List<GrammarExpression> _ignored = [];
    private readonly bool _ignores;
    private bool _inTerminal;

    private LarkParser(string grammar, GrammarBudget budget)
    {
        _text = new ExpressionText(grammar, budget);
        _ignores = grammar.Contains("%ignore", StringComparison.Ordinal);
    }

    /// <exception cref="GrammarException">The grammar is malformed or uses what is not supported.</exception>
    public static GrammarRules Parse(string grammar, GrammarBudget budget)
    {
        var parser = new LarkParser(grammar, budget);
        var rules = new GrammarRules("start");
        for (parser.SkipSpace(); !parser._text.AtEnd; parser.SkipSpace())
        {
            if (parser._text.TryTake("%"))
                parser.ParseDirective(rules);
            else
                parser.ParseRule(rules);
        }

        if (parser._ignores)
            rules.Add(Ignored, new ExpressionRepeat(GrammarExpression.Choice(parser._ignored), 0, 1));
        LarkCommon.AddTo(rules);
        return rules;
    }

    private void ParseRule(GrammarRules rules)
    {
        _ = _text.TryTake("?") || _text.TryTake("!");
        var name = TakeName();
        SkipPriority();
        SkipSpace();
        if (_text.Peek() == '{')
            throw _text.Error("templates are not supported");
        _text.Expect(":");
        _inTerminal = IsTerminal(name);
        var expression = ParseChoice();
        if (_ignores && name == "start")
            expression = new ExpressionSequence([new ExpressionReference(Ignored), expression]);
        rules.Add(name, expression);
    }

    private void ParseDirective(GrammarRules rules)
    {
        var directive = TakeName();
        SkipSpace();
        switch (directive)
        {
            case "ignore":
                _inTerminal = true;
                _ignored.Add(ParseChoice());
                break;
            case "import":
                ParseImport(rules);
                break;
            default:
                throw _text.Error($"%{directive} is not supported");
        }
    }

    private void ParseImport(GrammarRules rules)
    {
        _text.Expect("common");
        SkipBlanks();
        if (_text.TryTake("("))
        {
            do
            {
                SkipBlanks();
                TakeImported();
                SkipBlanks();
            }
            while (_text.TryTake(","));
            _text.Expect(")");
            return;
        }

        _text.Expect(".");
        var name = TakeImported();
        var alias = name;
        SkipBlanks();
        if (_text.TryTake("->"))
        {
            SkipBlanks();
            alias = TakeName();
        }

        if (alias != name)
            rules.Add(alias, new ExpressionReference(name));
    }

    private string TakeImported()
    {
        var name = TakeName();
        return LarkCommon.Contains(name) ? name : throw _text.Error($"common.{name} is not known");
    }

    private GrammarExpression ParseChoice()
    {
        var options = new List<GrammarExpression>();
        do
        {
            options.Add(ParseSequence());
            if (_text.TryTake("->"))
            {
                SkipBlanks();
                TakeName();
            }

            SkipSpace();
        }
        while (_text.TryTake("|"));
        return GrammarExpression.Choice(options);
    }

    private GrammarExpression ParseSequence()
    {
        var parts = new List<GrammarExpression>();
        for (SkipSpace(); !_text.AtEnd && _text.Peek() is not ('|' or ')' or ']' or '%' or '-') && !AtRule(); SkipSpace())
            parts.Add(ParseQuantified());
        return GrammarExpression.Sequence(parts);
    }

    private GrammarExpression ParseQuantified()
    {
        var part = ParseAtom();
        if (_text.TryTake("*"))
            return new ExpressionRepeat(part, 0, null);
        if (_text.TryTake("+"))
            return new ExpressionRepeat(part, 1, null);
        if (_text.Peek() == '?' && !AtRule())
        {
            _text.Take();
            return new ExpressionRepeat(part, 0, 1);
        }

        SkipBlanks();
        if (!_text.TryTake("~"))
            return part;
        SkipBlanks();
        var min = _text.TryTakeNumber() ?? throw _text.Error("a count is expected");
        var max = _text.TryTake("..") ? _text.TryTakeNumber() ?? throw _text.Error("a count is expected") : min;
        return max >= min && max <= RegexParser.MaxCount ? new ExpressionRepeat(part, min, max) : throw _text.Error($"the repetition is not in order or above {RegexParser.MaxCount}");
    }

    private GrammarExpression ParseAtom()
    {
        switch (_text.Peek())
        {
            case '(':
                _text.Take();
                return Closed(_text.Nest(ParseChoice), ")");
            case '[':
                _text.Take();
                return new ExpressionRepeat(Closed(_text.Nest(ParseChoice), "]"), 0, 1);
            case '"':
                return Token(ParseLiteralOrRange());
            case '/':
                return Token(ParseRegex());
            default:
                var name = TakeName();
                return IsTerminal(name) ? Token(new ExpressionReference(name)) : new ExpressionReference(name);
        }
    }

    private GrammarExpression Closed(GrammarExpression inner, string end)
    {
        SkipSpace();
        _text.Expect(end);
        return inner;
    }

    // After each token of a rule may stand what is ignored.
    private GrammarExpression Token(GrammarExpression token) =>
        _ignores && !_inTerminal ? new ExpressionSequence([token, new ExpressionReference(Ignored)]) : token;

    private GrammarExpression ParseLiteralOrRange()
    {
        var first = TakeLiteral();
        if (!_text.TryTake(".."))
        {
            var ignoreCase = _text.TryTake("i");
            return GrammarExpression.Sequence([.. first.Select(set => GrammarExpression.Characters(ignoreCase ? set.IgnoringCase() : set))]);
        }

        var last = TakeLiteral();
        if (first.Count != 1 || last.Count != 1 || last[0].Ranges[0].Low < first[0].Ranges[0].Low)
            throw _text.Error("a range needs two single characters in order");
        return GrammarExpression.Characters(CodePointSet.Of((first[0].Ranges[0].Low, last[0].Ranges[0].Low)));
    }

    private List<CodePointSet> TakeLiteral()
    {
        _text.Expect("\"");
        var characters = new List<CodePointSet>();
        while (!_text.TryTake("\""))
        {
            var next = _text.Take();
            characters.Add(next == '\\' ? RegexSetParser.ParseEscape(_text, inSet: true) : CodePointSet.Of(next));
        }

        return characters;
    }

    private GrammarExpression ParseRegex()
    {
        _text.Expect("/");
        var pattern = new StringBuilder();
        while (!_text.TryTake("/"))
        {
            var next = char.ConvertFromUtf32(_text.Take());
            pattern.Append(next).Append(next == "\\" ? char.ConvertFromUtf32(_text.Take()) : "");
            if (pattern.Length > RegexParser.MaxLength)
                throw _text.Error("the regular expression is too long");
        }

        var flags = _text.TakeWhile(value => value is >= 'a' and <= 'z');
        if (flags.Trim('i', 's', 'm', 'u').Length > 0)
            throw _text.Error($"the flags '{flags}' are not supported; i and s are");
        return RegexAnchors.Whole(RegexParser.Parse(pattern.ToString(), flags.Contains('i'), flags.Contains('s'), _text.Budget));
    }

    private bool AtRule()
    {
        var before = _text.Position;
        _ = _text.TryTake("?") || _text.TryTake("!");
        var named = _text.TakeWhile(IsNameCharacter).Length > 0;
        SkipPriority();
        SkipSpace();
        var atRule = named && _text.Peek() is (':' or '{');
        _text.Position = before;
        return atRule;
    }

    private void SkipPriority()
    {
        if (_text.Peek() == '.' && _text.Peek(1) is ('-' or (>= '0' and <= '9')))
        {
            _text.Take();
            _text.TryTake("-");
            _text.TryTakeNumber();
        }
    }

    private string TakeName()
    {
        var name = _text.TakeWhile(IsNameCharacter);
        return name.Length > 0 ? name : throw _text.Error("a name, a literal, a /regular expression/ or a group is expected");
    }

    private void SkipBlanks() => _text.TakeWhile(value => value is ' ' or '\t');

    private void SkipSpace()
    {
        while (true)
        {
            if (_text.Peek() == '#' || (_text.Peek() == '/' && _text.Peek(1) == '/'))
                _text.TakeWhile(value => value != '\n');
            else if (_text.TakeWhile(value => value is ' ' or '\t' or '\r' or '\n').Length == 0)
                return;
        }
    }

    private static bool IsTerminal(string name) => name.Any(char.IsAsciiLetter) && !name.Any(char.IsAsciiLetterLower);

    private static bool IsNameCharacter(int value) => value is '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');
}
