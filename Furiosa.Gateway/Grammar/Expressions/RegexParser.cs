using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>
/// Parses the regular part of ECMAScript's regular expressions: what an automaton can do. Lookaround, back references and word borders
/// are refused by name (lookahead where it does not stand at the beginning of a schema's pattern); greedy and lazy mean the same here.
/// </summary>
internal sealed class RegexParser
{
    /// <summary>Longest expression, in characters.</summary>
    public const int MaxLength = 16_384;

    /// <summary>Largest count of a repetition.</summary>
    public const int MaxCount = 20_000;

    private readonly ExpressionText _text;
    private readonly bool _ignoreCase;
    private readonly CodePointSet _dot;

    private RegexParser(string pattern, bool ignoreCase, bool dotAll, GrammarBudget budget)
    {
        _text = new ExpressionText(pattern, budget);
        _ignoreCase = ignoreCase;
        _dot = dotAll ? CodePointSet.All : RegexClasses.Dot;
    }

    /// <param name="pattern">The expression.</param>
    /// <param name="ignoreCase">Whether letters stand for both of their cases.</param>
    /// <param name="dotAll">Whether a dot is an end of line too.</param>
    /// <param name="budget">Counts what is made; null for one of its own, where the expression is no request's.</param>
    /// <exception cref="GrammarException">The expression is malformed, too long, or not regular.</exception>
    public static GrammarExpression Parse(string pattern, bool ignoreCase = false, bool dotAll = false, GrammarBudget? budget = null)
    {
        if (pattern.Length > MaxLength)
            throw new GrammarException($"The regular expression has {pattern.Length} characters; at most {MaxLength} are taken.");
        var parser = new RegexParser(pattern, ignoreCase, dotAll, budget ?? new GrammarBudget());
        try
        {
            var expression = parser.ParseChoice();
            return parser._text.AtEnd ? expression : throw parser._text.Error("a ')' closes nothing");
        }
        catch (GrammarException problem)
        {
            throw new GrammarException($"The regular expression '{Shorten(pattern)}' cannot be used. {problem.Message}");
        }
    }

    private static string Shorten(string pattern) => pattern.Length <= 80 ? pattern : pattern[..80] + "…";

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
        while (!_text.AtEnd && _text.Peek() is not ('|' or ')'))
            parts.Add(ParseQuantified());
        return GrammarExpression.Sequence(parts);
    }

    private GrammarExpression ParseQuantified()
    {
        var part = ParseAtom();
        var repeats = 0;
        while (TryParseQuantifier(out var min, out var max))
        {
            if (part is ExpressionAnchor)
                throw _text.Error("an anchor cannot be repeated");
            if (max < min || Math.Max(min, max ?? 0) > MaxCount)
                throw _text.Error($"the repetition {{{min},{max}}} is not in order or above {MaxCount}");
            part = _text.Repeat(part, min, max, ref repeats);
        }

        return part;
    }

    private bool TryParseQuantifier(out int min, out int? max)
    {
        (min, max) = (0, null);
        switch (_text.Peek())
        {
            case '*':
                _text.Take();
                break;
            case '+':
                _text.Take();
                min = 1;
                break;
            case '?':
                _text.Take();
                max = 1;
                break;
            case '{' when IsCount():
                _text.Take();
                min = _text.TryTakeNumber() ?? 0;
                max = _text.TryTake(",") ? _text.TryTakeNumber() : min;
                _text.Expect("}");
                break;
            default:
                return false;
        }

        if (_text.Peek() == '+')
            throw _text.Error("possessive repetition is not supported");
        _text.TryTake("?");
        return true;
    }

    // A brace that begins no count stands for itself.
    private bool IsCount()
    {
        var ahead = 1;
        while (_text.Peek(ahead) is (>= '0' and <= '9') or ',')
            ahead++;
        return _text.Peek(ahead) == '}' && _text.Peek(1) is >= '0' and <= '9';
    }

    private GrammarExpression ParseAtom()
    {
        switch (_text.Take())
        {
            case '(':
                return _text.Nest(ParseGroup);
            case '[':
                return GrammarExpression.Characters(Case(RegexSetParser.Parse(_text)));
            case '.':
                return GrammarExpression.Characters(_dot);
            case '^':
                return new ExpressionAnchor(true);
            case '$':
                return new ExpressionAnchor(false);
            case '\\':
                return GrammarExpression.Characters(Case(RegexSetParser.ParseEscape(_text, inSet: false)));
            case '*' or '+' or '?':
                throw _text.Error("there is nothing to repeat");
            case var literal:
                return GrammarExpression.Characters(Case(CodePointSet.Of(literal)));
        }
    }

    private GrammarExpression ParseGroup()
    {
        if (_text.TryTake("?"))
        {
            if (_text.TryTake("=") || _text.TryTake("!"))
                return ParseLookahead(_text.Peek(-1) == '!');
            foreach (var (mark, name) in new[] { ("<=", "lookbehind"), ("<!", "lookbehind"), (">", "an atomic group") })
            {
                if (_text.TryTake(mark))
                    throw _text.Error($"{name} is not supported");
            }

            if (_text.TryTake("P<") || _text.TryTake("<"))
            {
                _text.TakeWhile(value => value != '>');
                _text.Expect(">");
            }
            else
            {
                _text.Expect(":");
            }
        }

        var inner = ParseChoice();
        _text.Expect(")");
        return inner;
    }

    private ExpressionLookahead ParseLookahead(bool negative)
    {
        var part = ParseChoice();
        _text.Expect(")");
        return new ExpressionLookahead(part, negative);
    }

    private CodePointSet Case(CodePointSet set)
    {
        if (!_ignoreCase)
            return set;
        var both = set.IgnoringCase(_text.Budget);
        _text.Budget.Spend(both.Ranges.Count);
        return both;
    }
}
