using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>Copies finished grammars into a graph, each once.</summary>
internal sealed class GraphImport(GrammarGraph graph)
{
    private readonly Dictionary<string, GraphRule> _known = new(StringComparer.Ordinal);

    /// <summary>The rule that reads what the grammar reads.</summary>
    public GraphRule Add(GenerationGrammar grammar)
    {
        if (_known.TryGetValue(grammar.Key, out var known))
            return known;
        var states = new int[grammar.Accepting.Length];
        for (var state = 0; state < states.Length; state++)
            states[state] = graph.NewState();
        var rules = grammar.RuleStarts.Select(start => graph.NewRule("part", states[start])).ToList();
        foreach (var edge in grammar.ByteEdges)
            graph.AddBytes(states[edge.From], edge.Low, edge.High, states[edge.To]);
        foreach (var call in grammar.Calls)
            graph.AddCall(states[call.From], rules[call.Rule], states[call.To]);
        MarkEnds(grammar, states, rules);
        return _known[grammar.Key] = rules[0];
    }

    // A finished grammar says which states may end a rule; here a rule has one end. Rules share no states.
    private void MarkEnds(GenerationGrammar grammar, int[] states, List<GraphRule> rules)
    {
        var next = grammar.ByteEdges.Select(edge => (edge.From, edge.To)).Concat(grammar.Calls.Select(call => (call.From, call.To))).ToLookup(pair => pair.From, pair => pair.To);
        var seen = new bool[states.Length];
        foreach (var rule in rules.Index())
        {
            var open = new Stack<int>([grammar.RuleStarts[rule.Index]]);
            while (open.TryPop(out var state))
            {
                if (seen[state])
                    continue;
                seen[state] = true;
                if (grammar.Accepting[state])
                    graph.AddEmpty(states[state], rule.Item.End);
                foreach (var to in next[state])
                    open.Push(to);
            }
        }
    }
}
