namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Takes the anchors off the ends of a regular expression and, for a search, adds what may stand around the match.</summary>
internal static class RegexAnchors
{
    private static readonly GrammarExpression Anything = new ExpressionRepeat(GrammarExpression.Characters(Automata.CodePointSet.All), 0, null);

    /// <summary>The texts that match as a whole.</summary>
    public static GrammarExpression Whole(GrammarExpression expression) => Resolve(expression, search: false);

    /// <summary>The texts that have a match somewhere, as a schema's <c>pattern</c> means it.</summary>
    public static GrammarExpression Search(GrammarExpression expression) => Resolve(expression, search: true);

    private static GrammarExpression Resolve(GrammarExpression expression, bool search)
    {
        Automata.GrammarBudget.EnsureStack();
        switch (expression)
        {
            case ExpressionChoice choice:
                return GrammarExpression.Choice([.. choice.Options.Select(option => Resolve(option, search))]);
            case ExpressionAnchor:
                return search ? Anything : GrammarExpression.Empty;
            case ExpressionSequence sequence:
                return ResolveSequence(sequence.Parts, search);
            default:
                return search ? new ExpressionSequence([Anything, expression, Anything]) : expression;
        }
    }

    private static GrammarExpression ResolveSequence(IReadOnlyList<GrammarExpression> parts, bool search)
    {
        var begins = parts.TakeWhile(part => part is ExpressionAnchor { IsBegin: true }).Count();
        var ends = parts.Skip(begins).Reverse().TakeWhile(part => part is ExpressionAnchor { IsBegin: false }).Count();
        var middle = parts.Skip(begins).SkipLast(ends).ToList();
        if (middle.Count == 1 && middle[0] is ExpressionChoice choice && choice.Options.Any(HasAnchor))
        {
            if (begins + ends > 0)
                return Resolve(GrammarExpression.Choice([.. choice.Options.Select(option => Around(option, begins > 0, ends > 0))]), search);
            return Resolve(choice, search);
        }

        if (!search)
            return GrammarExpression.Sequence(middle);
        return new ExpressionSequence([.. begins > 0 ? [] : new[] { Anything }, .. middle, .. ends > 0 ? [] : new[] { Anything }]);
    }

    private static ExpressionSequence Around(GrammarExpression option, bool begin, bool end)
    {
        IReadOnlyList<GrammarExpression> parts = option is ExpressionSequence sequence ? sequence.Parts : [option];
        return new ExpressionSequence([
            .. begin ? [new ExpressionAnchor(true)] : Array.Empty<GrammarExpression>(), .. parts,
            .. end ? [new ExpressionAnchor(false)] : Array.Empty<GrammarExpression>(),
        ]);
    }

    private static bool HasAnchor(GrammarExpression expression) => expression switch
    {
        ExpressionAnchor => true,
        ExpressionSequence sequence => sequence.Parts.Any(HasAnchor),
        ExpressionChoice choice => choice.Options.Any(HasAnchor),
        _ => false,
    };
}
