using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>The rules of a grammar by name.</summary>
internal sealed class GrammarRules(string root)
{
    private const int MaxRules = 2_000;

    private readonly Dictionary<string, GrammarExpression> _rules = new(StringComparer.Ordinal);

    public void Add(string name, GrammarExpression expression)
    {
        if (!_rules.TryAdd(name, expression))
            throw new GrammarException($"The rule '{name}' is defined twice.");
        if (_rules.Count > MaxRules)
            throw new GrammarException($"The grammar has more than {MaxRules} rules.");
    }

    /// <summary>Adds a rule unless there is one of the name.</summary>
    public void AddDefault(string name, GrammarExpression expression) => _rules.TryAdd(name, expression);

    public bool Contains(string name) => _rules.ContainsKey(name);

    /// <summary>Writes all rules into a graph, direct left recursion turned into repetition.</summary>
    /// <returns>The rule where texts begin.</returns>
    /// <exception cref="GrammarException">A rule is missing.</exception>
    public GraphRule Write(GrammarGraph graph)
    {
        if (!_rules.ContainsKey(root))
            throw new GrammarException($"The grammar has no rule '{root}', where texts begin.");
        var written = _rules.Keys.ToDictionary(name => name, name => graph.NewRule(name), StringComparer.Ordinal);
        var writer = new ExpressionWriter(graph, CharacterEncoding.Raw, Find);
        foreach (var (name, expression) in _rules)
            writer.Write(LeftRecursion.Remove(name, expression), written[name].Start, written[name].End);
        return written[root];

        GraphRule Find(string name) => written.GetValueOrDefault(name) ?? throw new GrammarException($"The grammar uses the rule '{name}' but does not define it.");
    }
}
