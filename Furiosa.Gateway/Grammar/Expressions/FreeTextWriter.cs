using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>
/// Writes text that is free until one of some triggers has been read, as one automaton over all of them (Aho and Corasick's): no text
/// reads a trigger and goes on as if it had not.
/// </summary>
internal sealed class FreeTextWriter
{
    private readonly GrammarGraph _graph;
    private readonly ExpressionFree _free;
    private readonly List<Dictionary<int, int>> _children = [[]];
    private readonly List<int> _fallbacks = [0];
    private readonly List<int> _ends = [-1];

    private FreeTextWriter(GrammarGraph graph, ExpressionFree free)
    {
        _graph = graph;
        _free = free;
        foreach (var (index, trigger) in free.Triggers.Index())
            AddTrigger(trigger.Text, index);
        FindFallbacks();
    }

    public static void Write(GrammarGraph graph, ExpressionFree free, Action<GrammarExpression, int, int> writePart, int from, int to) =>
        new FreeTextWriter(graph, free).Write(writePart, from, to);

    private void Write(Action<GrammarExpression, int, int> writePart, int from, int to)
    {
        var states = _children.Select(_ => _graph.NewState()).ToList();
        var after = _free.Triggers.Select(_ => _graph.NewState()).ToList();
        _graph.AddEmpty(from, states[0]);
        foreach (var (index, trigger) in _free.Triggers.Index())
        {
            writePart(trigger.After, after[index], _free.Once ? to : states[0]);
            writePart(new ExpressionToken(trigger.Text), states[0], after[index]);
        }

        var alphabet = _free.Triggers.SelectMany(trigger => trigger.Text.EnumerateRunes()).Select(rune => rune.Value).Distinct().ToList();
        var others = CodePointSet.Of(alphabet.Select(value => (value, value))).Complement();
        for (var node = 0; node < states.Count; node++)
        {
            if (_ends[node] >= 0)
                continue;
            if (_free.MayEnd)
                _graph.AddEmpty(states[node], to);
            CharacterEncoding.Raw.Add(_graph, others, states[node], states[0]);
            foreach (var value in alphabet)
            {
                var next = Next(node, value);
                CharacterEncoding.Raw.Add(_graph, CodePointSet.Of(value), states[node], _ends[next] >= 0 ? after[_ends[next]] : states[next]);
            }
        }
    }

    private void AddTrigger(string text, int index)
    {
        var node = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!_children[node].TryGetValue(rune.Value, out var next))
            {
                _graph.Budget.Spend(8);
                _children[node][rune.Value] = next = _children.Count;
                _children.Add([]);
                _fallbacks.Add(0);
                _ends.Add(-1);
            }

            node = next;
        }

        _ends[node] = index;
    }

    // Breadth first: a node falls back to the longest suffix of its text that begins a trigger.
    private void FindFallbacks()
    {
        var open = new Queue<int>(_children[0].Values);
        while (open.TryDequeue(out var node))
        {
            foreach (var (value, child) in _children[node])
            {
                _fallbacks[child] = Next(_fallbacks[node], value);
                if (_ends[child] < 0)
                    _ends[child] = _ends[_fallbacks[child]];
                open.Enqueue(child);
            }
        }
    }

    private int Next(int node, int value)
    {
        while (true)
        {
            _graph.Budget.Spend(1);
            if (_children[node].TryGetValue(value, out var next))
                return next;
            if (node == 0)
                return 0;
            node = _fallbacks[node];
        }
    }
}
