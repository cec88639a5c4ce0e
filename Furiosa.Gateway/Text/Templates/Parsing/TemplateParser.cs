using Fluid.Ast;
using Fluid.Parser;
using Furiosa.Gateway.Text.Templates.Nodes;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>Parses a Jinja2 template into a tree that Fluid renders.</summary>
internal sealed class TemplateParser
{
    private const int Deepest = 100;

    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private readonly TagParser _tags;
    private int _depth;

    private TemplateParser(TemplateSource source)
    {
        _tokens = new TokenStream(source, Lexer.Read(source));
        _expressions = new ExpressionParser(_tokens);
        _tags = new TagParser(_tokens, _expressions, this);
    }

    /// <summary>The tree of a template.</summary>
    /// <exception cref="ChatTemplateException">The template is wrong; the message names line and column.</exception>
    public static FluidTemplate Parse(string template)
    {
        var parser = new TemplateParser(new TemplateSource(template));
        var body = parser.ParseFrame([]);
        if (parser._tokens.Current.Kind != TokenKind.End)
            throw parser._tokens.Error($"the tag {TokenStream.Describe(parser._tokens.Ahead)} closes nothing here.");
        return new FluidTemplate(body.Statements);
    }

    /// <summary>Parses statements up to a tag that begins with one of those names, whose opening and name it takes.</summary>
    /// <param name="ends">The names; with none, the end of the template ends the body.</param>
    public Block ParseBody(params string[] ends) => new(ParseStatements(ends));

    /// <summary>Parses a body that is a frame of its own.</summary>
    /// <param name="parameters">The names that it begins with.</param>
    /// <param name="ends">As for <see cref="ParseBody"/>.</param>
    public Block ParseFrame(IEnumerable<string> parameters, params string[] ends)
    {
        var outer = _expressions.Operands.Frame;
        var frame = new FrameNames(parameters);
        _expressions.Operands.Frame = frame;
        var statements = ParseStatements(ends);
        _expressions.Operands.Frame = outer;
        if (frame.Hidden.Count > 0)
            statements.Insert(0, new HideStatement(frame.Hidden));
        return new Block(statements);
    }

    private List<Statement> ParseStatements(string[] ends)
    {
        if (++_depth > Deepest)
            throw _tokens.Error($"tags nest more than {Deepest} deep.");
        JinjaContext.EnsureStack();
        var statements = new List<Statement>();
        while (!AtEnd(ends))
        {
            if (ParseStatement() is { } statement)
                statements.Add(statement);
        }

        _depth--;
        return statements;
    }

    private bool AtEnd(string[] ends)
    {
        var current = _tokens.Current;
        if (current.Kind == TokenKind.End)
            return ends.Length == 0 ? true : throw _tokens.Error($"the template ends where {{% {string.Join(" %} or {% ", ends)} %}} is expected.");
        if (current.Kind != TokenKind.BlockBegin)
            return false;
        if (_tokens.Ahead.Kind == TokenKind.Name && ends.Contains(_tokens.Ahead.Text))
        {
            _tokens.Next();
            return true;
        }

        return ends.Length == 0 && _tokens.Ahead.Kind == TokenKind.Name && TagParser.ClosesSomething(_tokens.Ahead.Text);
    }

    private Statement? ParseStatement()
    {
        var token = _tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Data:
                return new TextSpanStatement(token.Text);
            case TokenKind.OutputBegin:
                var value = _expressions.ParseTuple();
                _tokens.Expect(TokenKind.OutputEnd, "'}}'");
                return new OutputStatement(value);
            case TokenKind.BlockBegin:
                return _tags.Parse();
            default:
                throw _tokens.Error(token, $"{TokenStream.Describe(token)} is out of place.");
        }
    }
}
