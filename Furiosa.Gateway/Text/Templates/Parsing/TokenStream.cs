namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>The tokens of a template with a place among them.</summary>
internal sealed class TokenStream(TemplateSource source, IReadOnlyList<Token> tokens)
{
    private int _at;

    /// <summary>The token that is next.</summary>
    public Token Current => tokens[_at];

    /// <summary>The token after that.</summary>
    public Token Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    /// <summary>Takes the current token.</summary>
    public Token Next()
    {
        var token = tokens[_at];
        if (_at < tokens.Count - 1)
            _at++;
        return token;
    }

    /// <summary>Takes the current token if it is that operator.</summary>
    public bool TakeOperator(string text) => Take(Current.IsOperator(text));

    /// <summary>Takes the current token if it is that name.</summary>
    public bool TakeName(string text) => Take(Current.IsName(text));

    /// <summary>Takes that operator.</summary>
    /// <exception cref="ChatTemplateException">The current token is another.</exception>
    public void ExpectOperator(string text)
    {
        if (!TakeOperator(text))
            throw Error($"'{text}' is expected, not {Describe(Current)}.");
    }

    /// <summary>Takes a token of that kind.</summary>
    /// <exception cref="ChatTemplateException">The current token is of another.</exception>
    public Token Expect(TokenKind kind, string what) => Current.Kind == kind ? Next() : throw Error($"{what} is expected, not {Describe(Current)}.");

    /// <summary>A syntax error at the current token.</summary>
    public ChatTemplateException Error(string message) => source.Error(Current.Position, message);

    /// <summary>A syntax error at another token.</summary>
    public ChatTemplateException Error(Token token, string message) => source.Error(token.Position, message);

    /// <summary>A token as a message names it.</summary>
    public static string Describe(Token token) => token.Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.Data => "text",
        TokenKind.String => "a string",
        _ => $"'{token.Text}'",
    };

    private bool Take(bool matches)
    {
        if (matches)
            Next();
        return matches;
    }
}
