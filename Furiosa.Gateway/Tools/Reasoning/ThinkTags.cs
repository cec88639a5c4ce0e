using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>Where an answer begins with regard to its reasoning.</summary>
internal enum ReasoningStart
{
    /// <summary>There is none, or the prompt closed it.</summary>
    None,

    /// <summary>The model may open it.</summary>
    Before,

    /// <summary>The prompt opened it, or the model always begins with it.</summary>
    Inside,
}

/// <summary>The tags around reasoning, and what stands between them as a grammar.</summary>
internal static class ThinkTags
{
    public const string Opening = "<think>";
    public const string Closing = "</think>";

    /// <summary>An answer that follows a grammar, after reasoning that is free until its closing tag.</summary>
    public static GrammarExpression Before(GrammarExpression answer, ReasoningStart start)
    {
        var space = RegexParser.Parse("\\s{0,4}");
        var reasoning = new ExpressionSequence([new ExpressionFree([new FreeTrigger(Closing, space)], MayEnd: false, Once: true), answer]);
        return start == ReasoningStart.Inside ? reasoning
            : GrammarExpression.Choice([answer, new ExpressionSequence([space, Mark(Opening), reasoning])]);
    }

    private static GrammarExpression Mark(string text) => GrammarExpression.Choice([GrammarExpression.Text(text), new ExpressionToken(text)]);
}
