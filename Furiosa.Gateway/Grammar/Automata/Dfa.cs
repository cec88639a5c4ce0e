namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>A deterministic automaton over bytes, for what needs both and not: intersections, differences, membership. State 0 is the start.</summary>
internal sealed class Dfa
{
    /// <summary>Most states.</summary>
    public const int MaxStates = 20_000;

    private const int None = -1;

    private readonly List<int[]> _next = [];
    private readonly List<bool> _accepting = [];
    private readonly GrammarBudget _budget;

    private Dfa(GrammarBudget budget) => _budget = budget;

    public int StateCount => _next.Count;

    /// <summary>Whether it accepts nothing.</summary>
    public bool IsEmpty => !Productive()[0];

    /// <summary>Makes one of a part of a graph that calls no rules.</summary>
    public static Dfa FromGraph(GrammarGraph graph, int start, int end) => new SubsetConstruction(graph, end).Run(start, new Dfa(graph.Budget));

    /// <summary>Makes one by exploring states that a function steps through.</summary>
    /// <param name="start">First state.</param>
    /// <param name="step">The state after a byte, or null.</param>
    /// <param name="accepts">Whether the text may end in a state.</param>
    /// <param name="alphabet">Bytes tried.</param>
    /// <param name="budget">Counts what is made.</param>
    public static Dfa Explore<T>(T start, Func<T, byte, T?> step, Func<T, bool> accepts, IReadOnlyList<byte> alphabet, GrammarBudget budget)
        where T : struct
    {
        var dfa = new Dfa(budget);
        var indices = new Dictionary<T, int> { [start] = dfa.Add(accepts(start)) };
        var open = new Queue<T>([start]);
        while (open.TryDequeue(out var state))
        {
            var from = indices[state];
            foreach (var value in alphabet)
            {
                if (step(state, value) is not { } next)
                    continue;
                if (!indices.TryGetValue(next, out var to))
                {
                    indices[next] = to = dfa.Add(accepts(next));
                    open.Enqueue(next);
                }

                dfa._next[from][value] = to;
            }
        }

        return dfa;
    }

    public Dfa And(Dfa other) => Product(other, (mine, theirs) => mine && theirs, (mine, theirs) => mine && theirs);

    public Dfa Or(Dfa other) => Product(other, (mine, theirs) => mine || theirs, (mine, theirs) => mine || theirs);

    public Dfa Except(Dfa other) => Product(other, (mine, theirs) => mine && !theirs, (mine, _) => mine);

    public bool Accepts(ReadOnlySpan<byte> text)
    {
        var state = 0;
        foreach (var value in text)
        {
            if (state != None)
                state = _next[state][value];
        }

        return state != None && _accepting[state];
    }

    /// <summary>Adds it to a graph.</summary>
    public void AddTo(GrammarGraph graph, int from, int to)
    {
        var productive = Productive();
        var states = Enumerable.Range(0, StateCount).Select(state => productive[state] ? graph.NewState() : None).ToArray();
        if (states[0] == None)
            return;
        graph.AddEmpty(from, states[0]);
        for (var state = 0; state < states.Length; state++)
        {
            if (!productive[state])
                continue;
            if (_accepting[state])
                graph.AddEmpty(states[state], to);
            for (int low = 0, high; low < 256; low = high + 1)
            {
                var next = _next[state][low];
                for (high = low; high < 255 && _next[state][high + 1] == next; high++)
                {
                }

                if (next != None && productive[next])
                    graph.AddBytes(states[state], (byte)low, (byte)high, states[next]);
            }
        }
    }

    internal int Add(bool accepting)
    {
        _budget.Spend(64);
        if (StateCount >= MaxStates)
            throw GrammarBudget.TooLarge();
        var next = new int[256];
        Array.Fill(next, None);
        _next.Add(next);
        _accepting.Add(accepting);
        return StateCount - 1;
    }

    internal void Connect(int from, int low, int high, int to) => _next[from].AsSpan(low, high - low + 1).Fill(to);

    private Dfa Product(Dfa other, Func<bool, bool, bool> accepts, Func<bool, bool, bool> isAlive)
    {
        var product = new Dfa(_budget);
        var indices = new Dictionary<(int Mine, int Theirs), int>();
        var open = new Queue<(int Mine, int Theirs)>();
        Index((0, 0));
        while (open.TryDequeue(out var pair))
        {
            var next = product._next[indices[pair]];
            for (var value = 0; value < 256; value++)
            {
                var mine = pair.Mine == None ? None : _next[pair.Mine][value];
                var theirs = pair.Theirs == None ? None : other._next[pair.Theirs][value];
                if (isAlive(mine != None, theirs != None))
                    next[value] = Index((mine, theirs));
            }
        }

        return product;

        int Index((int Mine, int Theirs) pair)
        {
            if (indices.TryGetValue(pair, out var known))
                return known;
            open.Enqueue(pair);
            return indices[pair] = product.Add(accepts(pair.Mine != None && _accepting[pair.Mine], pair.Theirs != None && other._accepting[pair.Theirs]));
        }
    }

    private bool[] Productive()
    {
        var before = new List<int>[StateCount];
        for (var state = 0; state < StateCount; state++)
            before[state] = [];
        for (var state = 0; state < StateCount; state++)
        {
            foreach (var to in _next[state].Distinct().Where(to => to != None))
                before[to].Add(state);
        }

        var productive = new bool[StateCount];
        var open = new Stack<int>(Enumerable.Range(0, StateCount).Where(state => _accepting[state]));
        while (open.TryPop(out var state))
        {
            if (productive[state])
                continue;
            productive[state] = true;
            foreach (var from in before[state])
                open.Push(from);
        }

        return productive;
    }
}
