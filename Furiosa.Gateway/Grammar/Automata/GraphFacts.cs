namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>What must be known of a graph before it can be finished: which rules may be empty, which states can come to an end.</summary>
internal sealed class GraphFacts
{
    private readonly GrammarGraph _graph;
    private readonly bool[] _emptyRules;

    public GraphFacts(GrammarGraph graph)
    {
        _graph = graph;
        (Productive, ProductiveRules) = ReachEnd(readBytes: true);
        _emptyRules = ReachEnd(readBytes: false).Rules;
    }

    /// <summary>For each state whether some text leads from it to the end of its rule.</summary>
    public bool[] Productive { get; }

    /// <summary>For each rule whether some text follows it.</summary>
    public bool[] ProductiveRules { get; }

    /// <summary>The states reached from one without reading, itself first; those that lead nowhere are left out.</summary>
    public List<int> Closure(int state)
    {
        var reached = new List<int> { state };
        var seen = new HashSet<int> { state };
        var edges = 0;
        for (var i = 0; i < reached.Count; i++)
        {
            foreach (var to in WithoutReading(reached[i]))
            {
                edges++;
                if (Productive[to] && seen.Add(to))
                    reached.Add(to);
            }
        }

        _graph.Budget.Spend(reached.Count + (edges / 8));
        return reached;
    }

    private IEnumerable<int> WithoutReading(int state)
    {
        foreach (var to in _graph.Empties[state] ?? [])
            yield return to;
        foreach (var (rule, to) in _graph.Calls[state] ?? [])
        {
            if (_emptyRules[rule])
                yield return to;
        }
    }

    // Which states reach the end of their rule; a call counts as an edge once its rule is known to reach its own.
    private (bool[] States, bool[] Rules) ReachEnd(bool readBytes)
    {
        var before = EdgesBefore(readBytes);
        var starts = _graph.Rules.ToLookup(rule => rule.Start);
        var waiting = new List<int>?[_graph.Rules.Count];
        var states = new bool[_graph.StateCount];
        var rules = new bool[_graph.Rules.Count];
        var open = new Stack<int>(_graph.Rules.Select(rule => rule.End));
        while (open.TryPop(out var state))
        {
            if (states[state])
                continue;
            states[state] = true;
            foreach (var (from, rule) in before[state] ?? [])
            {
                if (rule < 0 || rules[rule])
                    open.Push(from);
                else
                    (waiting[rule] ??= []).Add(from);
            }

            foreach (var rule in starts[state])
            {
                rules[rule.Index] = true;
                foreach (var from in waiting[rule.Index] ?? [])
                    open.Push(from);
            }
        }

        return (states, rules);
    }

    private List<(int From, int Rule)>?[] EdgesBefore(bool readBytes)
    {
        var before = new List<(int From, int Rule)>?[_graph.StateCount];
        for (var state = 0; state < before.Length; state++)
        {
            foreach (var to in _graph.Empties[state] ?? [])
                (before[to] ??= []).Add((state, -1));
            foreach (var (_, _, to) in readBytes ? _graph.Bytes[state] ?? [] : [])
                (before[to] ??= []).Add((state, -1));
            foreach (var (rule, to) in _graph.Calls[state] ?? [])
                (before[to] ??= []).Add((state, rule));
        }

        return before;
    }
}
