using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>
/// Parses the EBNF that llama.cpp and XGrammar made common: <c>root ::= "yes " num | "no"</c>, with sets, groups, <c>? * + {m,n}</c>
/// and comments after <c>#</c>. A rule goes on until the next <c>name ::=</c>. The rule <c>root</c> is where texts begin.
/// </summary>
internal sealed class EbnfParser
{
    private readonly ExpressionText _text;

    private EbnfParser(string grammar, GrammarBudget budget) => _text = new ExpressionText(grammar, budget);

    /// <exception cref="GrammarException">The grammar is malformed.</exception>
    public static GrammarRules Parse(string grammar, GrammarBudget budget)
    {
        var parser = new EbnfParser(grammar, budget);
        var rules = new GrammarRules("root");
        for (parser.SkipSpace(); !parser._text.AtEnd; parser.SkipSpace())
        {
            var name = parser.TakeName();
            parser.SkipSpace();
            parser._text.Expect("::=");
            rules.Add(name, parser.ParseChoice());
        }

        return rules;
    }

    private GrammarExpression ParseChoice()
    {
        var options = new List<GrammarExpression>();
        do
            options.Add(ParseSequence());
        while (_text.TryTake("|"));
        return GrammarExpression.Choice(options);
    }

    private GrammarExpression ParseSequence()
    {
        var parts = new List<GrammarExpression>();
        for (SkipSpace(); !_text.AtEnd && _text.Peek() is not ('|' or ')') && !AtRule(); SkipSpace())
            parts.Add(ParseQuantified());
        return GrammarExpression.Sequence(parts);
    }

    private GrammarExpression ParseQuantified()
    {
        var part = ParseAtom();
        var repeats = 0;
        while (true)
        {
            (int Min, int? Max)? count = _text.Peek() switch
            {
                '*' => (0, null),
                '+' => (1, null),
                '?' => (0, 1),
                _ => null,
            };
            if (count != null)
                _text.Take();
            else if (_text.TryTake("{"))
                count = ParseCount();
            if (count is not { } repeat)
                return part;
            if (repeat.Max < repeat.Min || Math.Max(repeat.Min, repeat.Max ?? 0) > RegexParser.MaxCount)
                throw _text.Error($"the repetition is not in order or above {RegexParser.MaxCount}");
            part = _text.Repeat(part, repeat.Min, repeat.Max, ref repeats);
        }
    }

    private (int Min, int? Max) ParseCount()
    {
        var min = _text.TryTakeNumber();
        var max = _text.TryTake(",") ? _text.TryTakeNumber() : min ?? throw _text.Error("a count is expected");
        _text.Expect("}");
        return (min ?? 0, max);
    }

    private GrammarExpression ParseAtom()
    {
        switch (_text.Peek())
        {
            case '"':
                _text.Take();
                return ParseLiteral();
            case '[':
                _text.Take();
                return GrammarExpression.Characters(RegexSetParser.Parse(_text));
            case '.':
                _text.Take();
                return GrammarExpression.Characters(CodePointSet.All);
            case '(':
                _text.Take();
                var inner = _text.Nest(ParseChoice);
                SkipSpace();
                _text.Expect(")");
                return inner;
            default:
                return new ExpressionReference(TakeName());
        }
    }

    private GrammarExpression ParseLiteral()
    {
        var parts = new List<GrammarExpression>();
        while (!_text.TryTake("\""))
        {
            var next = _text.Take();
            parts.Add(GrammarExpression.Characters(next == '\\' ? RegexSetParser.ParseEscape(_text, inSet: true) : CodePointSet.Of(next)));
        }

        return GrammarExpression.Sequence(parts);
    }

    private bool AtRule()
    {
        var before = _text.Position;
        _text.TakeWhile(IsNameCharacter);
        var named = _text.Position > before;
        SkipSpace();
        var atRule = named && _text.TryTake("::=");
        _text.Position = before;
        return atRule;
    }

    private string TakeName()
    {
        var name = _text.TakeWhile(IsNameCharacter);
        return name.Length > 0 ? name : throw _text.Error("a rule's name, a literal, a set or a group is expected");
    }

    private void SkipSpace()
    {
        while (_text.TakeWhile(value => value is ' ' or '\t' or '\r' or '\n').Length > 0 || _text.Peek() == '#')
        {
            if (_text.Peek() == '#')
                _text.TakeWhile(value => value != '\n');
        }
    }

    private static bool IsNameCharacter(int value) => value is '-' or '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');
}
