using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Makes deterministic automata of expressions that call no rules.</summary>
internal static class ExpressionLanguage
{
    public static Dfa Of(GrammarExpression expression, CharacterEncoding encoding, GrammarBudget budget)
    {
        var graph = new GrammarGraph(budget);
        var (start, end) = (graph.NewState(), graph.NewState());
        new ExpressionWriter(graph, encoding).Write(expression, start, end);
        return Dfa.FromGraph(graph, start, end);
    }

    /// <summary>The texts, as UTF-8, that match a pattern as a whole; <c>.</c> is any character.</summary>
    public static Dfa Matching(string pattern, GrammarBudget budget) => Of(RegexParser.Parse(pattern, dotAll: true), CharacterEncoding.Raw, budget);
}
