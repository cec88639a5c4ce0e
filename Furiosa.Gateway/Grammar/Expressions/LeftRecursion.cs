namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>
/// Turns <c>a: a x | y</c> into <c>a: y x*</c>, which reads the same texts. Recursion by way of other rules is left; it is refused
/// where the graph is finished.
/// </summary>
internal static class LeftRecursion
{
    public static GrammarExpression Remove(string name, GrammarExpression expression)
    {
        var options = Options(expression).ToList();
        var tails = options.Select(option => Tail(name, option)).OfType<GrammarExpression>().ToList();
        if (tails.Count == 0)
            return expression;
        var bases = options.Where(option => Tail(name, option) == null).ToList();
        if (bases.Count == 0)
            throw new GrammarException($"The rule '{name}' only ever begins with itself, so no text can follow it.");

        // a: a | y is y.
        tails.RemoveAll(tail => tail is ExpressionSequence { Parts.Count: 0 });
        if (tails.Count == 0)
            return GrammarExpression.Choice(bases);
        return new ExpressionSequence([GrammarExpression.Choice(bases), new ExpressionRepeat(GrammarExpression.Choice(tails), 0, null)]);
    }

    private static IEnumerable<GrammarExpression> Options(GrammarExpression expression)
    {
        Automata.GrammarBudget.EnsureStack();
        return expression is ExpressionChoice choice ? choice.Options.SelectMany(Options) : [expression];
    }

    // What follows the rule's own name at the beginning of an option; null where it does not begin so.
    private static GrammarExpression? Tail(string name, GrammarExpression option) => option switch
    {
        ExpressionReference reference when reference.Rule == name => GrammarExpression.Empty,
        ExpressionSequence { Parts: [ExpressionReference reference, ..] parts } when reference.Rule == name => GrammarExpression.Sequence([.. parts.Skip(1)]),
        _ => null,
    };
}
