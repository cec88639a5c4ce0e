using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>What stands between the quotation marks of a string with a pattern, a format or a length, and of the names of properties.</summary>
internal sealed class StringLanguage(GrammarBudget budget, CharacterEncoding encoding)
{
    private readonly Dictionary<string, Dfa> _patterns = new(StringComparer.Ordinal);
    private readonly Dictionary<SchemaFacts, Dfa?> _facts = [];

    /// <summary>Every string.</summary>
    public Dfa All() => Compile("all", () => new ExpressionRepeat(GrammarExpression.Characters(CodePointSet.All), 0, null));

    /// <summary>Strings with a match of a pattern.</summary>
    public Dfa Pattern(string pattern)
    {
        if (_patterns.TryGetValue("p" + pattern, out var known))
            return known;
        var expression = RegexParser.Parse(pattern, budget: budget);
        if (expression is not ExpressionSequence { Parts: [ExpressionAnchor { IsBegin: true } begin, ExpressionLookahead, ..] parts })
            return Compile("p" + pattern, () => RegexAnchors.Search(expression));

        // ^(?!a)(?=b)c matches what ^c and ^b match and ^a does not.
        var conditions = parts.Skip(1).TakeWhile(part => part is ExpressionLookahead).Cast<ExpressionLookahead>().ToList();
        var all = Part([begin, .. parts.Skip(1 + conditions.Count)]);
        foreach (var condition in conditions)
        {
            var met = Part([begin, .. condition.Part is ExpressionSequence sequence ? sequence.Parts : [condition.Part]]);
            all = condition.IsNegative ? all.Except(met) : all.And(met);
        }

        return _patterns["p" + pattern] = all;

        Dfa Part(IReadOnlyList<GrammarExpression> sequence) => Make(RegexAnchors.Search(new ExpressionSequence(sequence)));
    }

    /// <summary>All that the facts say of strings; null where they say nothing but lengths.</summary>
    public Dfa? Compile(SchemaFacts facts) => _facts.TryGetValue(facts, out var known) ? known : _facts[facts] = Make(facts);

    private Dfa? Make(SchemaFacts facts)
    {
        Dfa? all = null;
        foreach (var pattern in facts.Patterns)
            all = And(all, Pattern(pattern));
        foreach (var format in facts.Formats)
        {
            if (Format(format) is { } language)
                all = And(all, language);
        }

        foreach (var pattern in facts.NotPatterns)
            all = (all ?? All()).Except(Pattern(pattern));
        if (facts.Excluded.Where(value => value.Type == JTokenType.String).Select(value => (string)value!).ToList() is { Count: > 0 } excluded)
            all = (all ?? All()).Except(Only(excluded));
        return all != null && (facts.MinLength > 0 || facts.MaxLength != null) ? And(all, Lengths(facts)) : all;
    }

    /// <summary>As <see cref="Compile(SchemaFacts)"/>, with lengths always.</summary>
    public Dfa CompileWithLengths(SchemaFacts facts) => Compile(facts) ?? Lengths(facts);

    /// <summary>Strings whose length leaves a rest when divided.</summary>
    public Dfa LengthsWithRest(int rest, int divisor)
    {
        var any = GrammarExpression.Characters(CodePointSet.All);
        return Compile($"r{rest},{divisor}", () => new ExpressionSequence([new ExpressionRepeat(any, rest, rest), new ExpressionRepeat(new ExpressionRepeat(any, divisor, divisor), 0, null)]));
    }

    public bool Accepts(SchemaFacts facts, string text)
    {
        budget.Spend(1 + (text.Length / 16));
        var length = text.EnumerateRunes().Count();
        return length >= facts.MinLength && length <= (facts.MaxLength ?? int.MaxValue) && (Compile(facts)?.Accepts(encoding.Encode(text)) ?? true);
    }

    /// <summary>Exactly these strings.</summary>
    public Dfa Only(IEnumerable<string> texts)
    {
        var graph = new GrammarGraph(budget);
        var (start, end) = (graph.NewState(), graph.NewState());
        graph.AddLiterals(start, texts.Select(encoding.Encode), end);
        return Dfa.FromGraph(graph, start, end);
    }

    /// <summary>What all the schemas allow of strings, whatever else they allow.</summary>
    public Dfa Of(SchemaCompiler compiler, Conjunction conjunction)
    {
        budget.Descend();
        if (conjunction.IsImpossible)
            return Only([]);
        if (conjunction.NextChoice() is { } choice)
            return SchemaBranches.Of(compiler, conjunction, choice).Aggregate(Only([]), (all, branch) => all.Or(Of(compiler, branch)));
        var facts = conjunction.Facts;
        if (!facts.Types.HasFlag(JsonTypes.String))
            return Only([]);
        return facts.Values is { } values
            ? Only(values.Where(value => value.Type == JTokenType.String && Accepts(facts, (string)value!)).Select(value => (string)value!))
            : CompileWithLengths(facts);
    }

    private static Dfa And(Dfa? one, Dfa other) => one?.And(other) ?? other;

    private Dfa Lengths(SchemaFacts facts) => Compile(
        $"l{facts.MinLength},{facts.MaxLength}",
        () => new ExpressionRepeat(GrammarExpression.Characters(CodePointSet.All), facts.MinLength, facts.MaxLength));

    private Dfa? Format(string format)
    {
        if (_patterns.TryGetValue("f" + format, out var known))
            return known;
        return SchemaFormats.Find(format) is { } expression ? Compile("f" + format, () => expression) : null;
    }

    private Dfa Compile(string key, Func<GrammarExpression> expression)
    {
        if (_patterns.TryGetValue(key, out var known))
            return known;
        return _patterns[key] = Make(expression());
    }

    private Dfa Make(GrammarExpression expression) => ExpressionLanguage.Of(expression, encoding, budget);
}
