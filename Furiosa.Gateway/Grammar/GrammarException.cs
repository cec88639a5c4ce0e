namespace Furiosa.Gateway.Grammar;

/// <summary>A schema, regular expression or grammar that cannot be used: a 400 whose message says what and where.</summary>
internal sealed class GrammarException : Exception
{
    /// <summary>Says what is wrong and, in one sentence, what to do about it.</summary>
    public GrammarException(string message) : base(message)
    {
    }
}
