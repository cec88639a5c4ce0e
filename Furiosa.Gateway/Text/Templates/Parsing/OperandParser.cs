using System.Globalization;
using System.Numerics;
using Furiosa.Gateway.Text.Templates.Nodes;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>Parses operands: literals and names, what is accessed of them, calls, filters and tests.</summary>
internal sealed class OperandParser(TokenStream tokens, ExpressionParser expressions)
{
    private const int MostDigits = 1000;

    /// <summary>The names used so far; macros look for the special ones among theirs.</summary>
    public HashSet<string> Names { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The names of the frame that is being parsed.</summary>
    public FrameNames Frame { get; set; } = new([]);

    /// <summary>The arguments of a call, its opening bracket already taken.</summary>
    public ArgumentList ParseArguments()
    {
        List<JinjaExpression> positional = [];
        List<KeyValuePair<string, JinjaExpression>> named = [];
        JinjaExpression? more = null, moreNamed = null;
        while (!tokens.TakeOperator(")"))
        {
            if (positional.Count + named.Count > 0 || more != null || moreNamed != null)
            {
                tokens.ExpectOperator(",");
                if (tokens.TakeOperator(")"))
                    break;
            }

            if (tokens.TakeOperator("*"))
                more = more == null ? expressions.ParseExpression() : throw tokens.Error("a call has one *argument at most.");
            else if (tokens.TakeOperator("**"))
                moreNamed = moreNamed == null ? expressions.ParseExpression() : throw tokens.Error("a call has one **argument at most.");
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Ahead.IsOperator("="))
                named.Add(KeyValuePair.Create(TakeKeyword(), expressions.ParseExpression()));
            else if (named.Count > 0 || more != null || moreNamed != null)
                throw tokens.Error("an argument by position comes after one by name.");
            else
                positional.Add(expressions.ParseExpression());
        }

        return new ArgumentList(positional, named, more, moreNamed);
    }

    /// <summary>Filters after a value that is known only later: <c>| a | b</c>, or with <paramref name="inline"/> <c>a | b</c>.</summary>
    public Func<JinjaExpression, JinjaExpression> ParseFilters(bool inline)
    {
        var filters = new List<(string Name, ArgumentList Arguments)>();
        while (inline || tokens.TakeOperator("|"))
        {
            inline = false;
            filters.Add(ParseFilter());
        }

        return input => filters.Aggregate(input, (value, filter) => new FilterCallExpression(value, filter.Name, filter.Arguments));
    }

    /// <summary>A primary with signs before it and accesses, calls, filters and tests after it.</summary>
    public JinjaExpression ParseSigned(bool withFilters)
    {
        JinjaContext.EnsureStack();
        JinjaExpression value;
        if (tokens.TakeOperator("-"))
            value = new SignExpression(isMinus: true, ParseSigned(withFilters: false));
        else if (tokens.TakeOperator("+"))
            value = new SignExpression(isMinus: false, ParseSigned(withFilters: false));
        else
            value = ParsePrimary();
        value = ParsePostfix(value);
        return withFilters ? ParseFiltersAndTests(value) : value;
    }

    private JinjaExpression ParsePrimary()
    {
        var token = tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName(token);
            case TokenKind.String:
                var text = token.Text;
                while (tokens.Current.Kind == TokenKind.String)
                    text += tokens.Next().Text;
                return new ConstantExpression(new TextValue(text));
            case TokenKind.Integer:
                return Integer(token);
            case TokenKind.Float:
                return new ConstantExpression(new FloatValue(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                return ParseBracketed();
            case TokenKind.Operator when token.Text == "[":
                return new SequenceExpression(ParseList("]"), isTuple: false);
            case TokenKind.Operator when token.Text == "{":
                return ParseMapping();
            default:
                throw tokens.Error(token, $"an expression is expected, not {TokenStream.Describe(token)}.");
        }
    }

    private JinjaExpression ParseName(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new ConstantExpression(BooleanValue.True);
            case "false" or "False":
                return new ConstantExpression(BooleanValue.False);
            case "none" or "None":
                return new ConstantExpression(NoneValue.Instance);
            default:
                Names.Add(token.Text);
                Frame.Read(token.Text);
                return new NameExpression(token.Text);
        }
    }

    private JinjaExpression ParseBracketed()
    {
        if (tokens.TakeOperator(")"))
            return new SequenceExpression([], isTuple: true);
        var value = expressions.ParseTuple();
        tokens.ExpectOperator(")");
        return value;
    }

    private List<JinjaExpression> ParseList(string close)
    {
        var elements = new List<JinjaExpression>();
        while (!tokens.TakeOperator(close))
        {
            if (elements.Count > 0)
            {
                tokens.ExpectOperator(",");
                if (tokens.TakeOperator(close))
                    break;
            }

            elements.Add(expressions.ParseExpression());
        }

        return elements;
    }

    private MappingExpression ParseMapping()
    {
        var entries = new List<(JinjaExpression Key, JinjaExpression Value)>();
        while (!tokens.TakeOperator("}"))
        {
            if (entries.Count > 0)
            {
                tokens.ExpectOperator(",");
                if (tokens.TakeOperator("}"))
                    break;
            }

            var key = expressions.ParseExpression();
            tokens.ExpectOperator(":");
            entries.Add((key, expressions.ParseExpression()));
        }

        return new MappingExpression(entries);
    }

    private JinjaExpression ParsePostfix(JinjaExpression value)
    {
        while (true)
        {
            if (tokens.TakeOperator("."))
                value = ParseMember(value);
            else if (tokens.TakeOperator("["))
                value = ParseSubscript(value);
            else if (tokens.TakeOperator("("))
                value = new CallExpression(value, ParseArguments());
            else
                return value;
        }
    }

    private JinjaExpression ParseMember(JinjaExpression value)
    {
        var token = tokens.Next();
        return token.Kind switch
        {
            TokenKind.Name => new AttributeExpression(value, token.Text),
            TokenKind.Integer => new ItemExpression(value, Integer(token)),
            _ => throw tokens.Error(token, $"a name is expected after '.', not {TokenStream.Describe(token)}."),
        };
    }

    private JinjaExpression ParseSubscript(JinjaExpression value)
    {
        var start = tokens.Current.IsOperator(":") ? null : expressions.ParseTuple();
        if (tokens.TakeOperator("]"))
            return new ItemExpression(value, start!);
        tokens.ExpectOperator(":");
        var stop = tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]") ? null : expressions.ParseExpression();
        var step = tokens.TakeOperator(":") && !tokens.Current.IsOperator("]") ? expressions.ParseExpression() : null;
        tokens.ExpectOperator("]");
        return new SliceExpression(value, start, stop, step);
    }

    private JinjaExpression ParseFiltersAndTests(JinjaExpression value)
    {
        while (true)
        {
            if (tokens.TakeOperator("|"))
            {
                var (name, arguments) = ParseFilter();
                value = new FilterCallExpression(value, name, arguments);
            }
            else if (tokens.TakeName("is"))
            {
                value = ParseTest(value);
            }
            else if (tokens.TakeOperator("("))
            {
                value = new CallExpression(value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private (string Name, ArgumentList Arguments) ParseFilter()
    {
        var name = tokens.Expect(TokenKind.Name, "a filter's name").Text;
        while (tokens.TakeOperator("."))
            name += "." + tokens.Expect(TokenKind.Name, "a filter's name").Text;
        return (name, tokens.TakeOperator("(") ? ParseArguments() : ArgumentList.None);
    }

    private TestCallExpression ParseTest(JinjaExpression value)
    {
        var negated = tokens.TakeName("not");
        var name = tokens.Expect(TokenKind.Name, "a test's name").Text;
        while (tokens.TakeOperator("."))
            name += "." + tokens.Expect(TokenKind.Name, "a test's name").Text;
        var arguments = ArgumentList.None;
        if (tokens.TakeOperator("("))
            arguments = ParseArguments();
        else if (StartsTestArgument())
            arguments = ArgumentList.None with { Positional = [ParsePostfix(ParsePrimary())] };
        return new TestCallExpression(value, name, arguments, negated);
    }

    private bool StartsTestArgument() => tokens.Current switch
    {
        { Kind: TokenKind.String or TokenKind.Integer or TokenKind.Float } => true,
        { Kind: TokenKind.Name, Text: "is" } => throw tokens.Error("tests cannot be chained with 'is'."),
        { Kind: TokenKind.Name } name => name.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "recursive"),
        { Kind: TokenKind.Operator } symbol => symbol.Text is "[" or "{",
        _ => false,
    };

    private string TakeKeyword()
    {
        var name = tokens.Next().Text;
        tokens.Next();
        return name;
    }

    private ConstantExpression Integer(Token token) => token.Text.Length <= MostDigits
        ? new ConstantExpression(new IntegerValue(BigInteger.Parse(token.Text, CultureInfo.InvariantCulture)))
        : throw tokens.Error(token, $"a number has more than {MostDigits} digits.");
}
