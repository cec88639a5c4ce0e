using Furiosa.Gateway.Text.Templates.Nodes;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>Parses expressions by climbing precedence: each level is a method that calls the next one for its operands.</summary>
internal sealed class ExpressionParser
{
    private const int Deepest = 150;
    private static readonly string[][] ArithmeticLevels = [["+", "-"], [], ["*", "/", "//", "%"], ["**"]];
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private readonly TokenStream _tokens;
    private int _depth;

    public ExpressionParser(TokenStream tokens)
    {
        _tokens = tokens;
        Operands = new OperandParser(tokens, this);
    }

    /// <summary>What parses the operands between operators.</summary>
    public OperandParser Operands { get; }

    /// <summary>One expression, or several with commas between them, which make a tuple.</summary>
    public JinjaExpression ParseTuple(bool withConditional = true)
    {
        var first = ParseExpression(withConditional);
        if (!_tokens.Current.IsOperator(","))
            return first;
        var elements = new List<JinjaExpression> { first };
        while (_tokens.TakeOperator(",") && StartsExpression())
            elements.Add(ParseExpression(withConditional));
        return new SequenceExpression(elements, isTuple: true);
    }

    /// <summary>One expression.</summary>
    /// <param name="withConditional">Whether <c>a if b else c</c> may be one; a loop's source may not, for its own <c>if</c> follows.</param>
    public JinjaExpression ParseExpression(bool withConditional = true)
    {
        if (++_depth > Deepest)
            throw _tokens.Error($"expressions nest more than {Deepest} deep.");
        JinjaContext.EnsureStack();
        var expression = ParseOr();
        while (withConditional && _tokens.TakeName("if"))
        {
            var condition = ParseOr();
            expression = new ConditionalExpression(condition, expression, _tokens.TakeName("else") ? ParseExpression() : null);
        }

        _depth--;
        return expression;
    }

    private bool StartsExpression() => _tokens.Current switch
    {
        { Kind: TokenKind.String or TokenKind.Integer or TokenKind.Float } => true,
        { Kind: TokenKind.Name } name => name.Text is not ("if" or "else" or "in" or "recursive" or "is" or "and" or "or"),
        { Kind: TokenKind.Operator } symbol => symbol.Text is "(" or "[" or "{" or "-" or "+",
        _ => false,
    };

    private JinjaExpression ParseOr()
    {
        var left = ParseAnd();
        while (_tokens.TakeName("or"))
            left = new LogicalExpression(isAnd: false, left, ParseAnd());
        return left;
    }

    private JinjaExpression ParseAnd()
    {
        var left = ParseNot();
        while (_tokens.TakeName("and"))
            left = new LogicalExpression(isAnd: true, left, ParseNot());
        return left;
    }

    private JinjaExpression ParseNot()
    {
        var count = 0;
        while (_tokens.TakeName("not"))
            count++;
        var operand = ParseComparison();
        if (count == 0)
            return operand;
        return count % 2 == 1 ? new NotExpression(operand) : new NotExpression(new NotExpression(operand));
    }

    private JinjaExpression ParseComparison()
    {
        var first = ParseArithmetic(0);
        var rest = new List<(string Symbol, JinjaExpression Operand)>();
        while (TakeComparison() is { } symbol)
            rest.Add((symbol, ParseArithmetic(0)));
        return rest.Count == 0 ? first : new ComparisonExpression(first, rest);
    }

    private string? TakeComparison()
    {
        var current = _tokens.Current;
        if (current.Kind == TokenKind.Operator && Comparisons.Contains(current.Text))
            return _tokens.Next().Text;
        if (_tokens.TakeName("in"))
            return "in";
        if (!current.IsName("not") || !_tokens.Ahead.IsName("in"))
            return null;
        _tokens.Next();
        _tokens.Next();
        return "not in";
    }

    // Level 0 is + and -, 1 is ~, 2 is * and its like, 3 is **; all of them group to the left, as in Jinja.
    private JinjaExpression ParseArithmetic(int level)
    {
        if (level == ArithmeticLevels.Length)
            return Operands.ParseSigned(withFilters: true);
        if (level == 1)
            return ParseConcatenation();
        var left = ParseArithmetic(level + 1);
        while (_tokens.Current.Kind == TokenKind.Operator && ArithmeticLevels[level].Contains(_tokens.Current.Text))
            left = new ArithmeticExpression(_tokens.Next().Text, left, ParseArithmetic(level + 1));
        return left;
    }

    private JinjaExpression ParseConcatenation()
    {
        var parts = new List<JinjaExpression> { ParseArithmetic(2) };
        while (_tokens.TakeOperator("~"))
            parts.Add(ParseArithmetic(2));
        return parts.Count == 1 ? parts[0] : new ConcatenationExpression(parts);
    }
}
