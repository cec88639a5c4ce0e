namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>Makes a deterministic automaton of a part of a graph that calls no rules.</summary>
internal sealed class SubsetConstruction(GrammarGraph graph, int end)
{
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private readonly Queue<(int Index, List<int> States)> _open = new();

    public Dfa Run(int start, Dfa target)
    {
        Index([start], target);
        while (_open.TryDequeue(out var subset))
        {
            var edges = subset.States.SelectMany(state => graph.Bytes[state] ?? []).ToList();
            var cuts = edges.SelectMany(edge => new[] { (int)edge.Low, edge.High + 1 }).Distinct().Order().ToList();
            for (var i = 0; i + 1 < cuts.Count; i++)
            {
                var reached = edges.Where(edge => edge.Low <= cuts[i] && edge.High >= cuts[i]).Select(edge => edge.To).Distinct().ToList();
                graph.Budget.Spend(edges.Count);
                if (reached.Count > 0)
                    target.Connect(subset.Index, cuts[i], cuts[i + 1] - 1, Index(reached, target));
            }
        }

        return target;
    }

    private int Index(List<int> states, Dfa target)
    {
        var closed = Close(states);
        var key = string.Join(',', closed.Order());
        if (_indices.TryGetValue(key, out var known))
            return known;
        var index = _indices[key] = target.Add(closed.Contains(end));
        _open.Enqueue((index, closed));
        return index;
    }

    private List<int> Close(List<int> states)
    {
        var closed = new List<int>(states);
        var seen = new HashSet<int>(states);
        var edges = 0;
        for (var i = 0; i < closed.Count; i++)
        {
            edges += graph.Empties[closed[i]]?.Count ?? 0;
            foreach (var to in graph.Empties[closed[i]] ?? [])
            {
                if (seen.Add(to))
                    closed.Add(to);
            }
        }

        graph.Budget.Spend(closed.Count + (edges / 8));
        return closed;
    }
}
