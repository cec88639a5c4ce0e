using System.Text;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>
/// Automata under construction, one for each rule, in one space of states: edges read a byte, call a rule or read nothing.
/// <see cref="GraphFinisher"/> makes the plain data of it.
/// </summary>
internal sealed class GrammarGraph(GrammarBudget budget)
{
    private const int MaxStates = 400_000;

    /// <summary>Counts what is made.</summary>
    public GrammarBudget Budget { get; } = budget;

    /// <summary>Rules, in the order of their indices.</summary>
    public List<GraphRule> Rules { get; } = [];

    /// <summary>For each state its byte edges.</summary>
    public List<List<(byte Low, byte High, int To)>?> Bytes { get; } = [];

    /// <summary>For each state its calls.</summary>
    public List<List<(int Rule, int To)>?> Calls { get; } = [];

    /// <summary>For each state the states reached without reading.</summary>
    public List<List<int>?> Empties { get; } = [];

    public int StateCount => Bytes.Count;

    public int NewState()
    {
        Budget.Spend(4);
        if (StateCount >= MaxStates)
            throw GrammarBudget.TooLarge();
        Bytes.Add(null);
        Calls.Add(null);
        Empties.Add(null);
        return StateCount - 1;
    }

    /// <param name="name">For messages.</param>
    /// <param name="start">The state it begins at, which no other rule has; null for a new one.</param>
    public GraphRule NewRule(string name, int? start = null)
    {
        var rule = new GraphRule(Rules.Count, name, start ?? NewState(), NewState());
        Rules.Add(rule);
        return rule;
    }

    public void AddBytes(int from, byte low, byte high, int to)
    {
        Budget.Spend(1);
        (Bytes[from] ??= []).Add((low, high, to));
    }

    public void AddCall(int from, GraphRule rule, int to)
    {
        Budget.Spend(1);
        (Calls[from] ??= []).Add((rule.Index, to));
    }

    public void AddEmpty(int from, int to)
    {
        Budget.Spend(1);
        (Empties[from] ??= []).Add(to);
    }

    public void AddLiteral(int from, string text, int to) => AddLiterals(from, [Encoding.UTF8.GetBytes(text)], to);

    /// <summary>Adds alternatives that share their beginnings, so that a thousand of them are one path at first.</summary>
    public void AddLiterals(int from, IEnumerable<byte[]> texts, int to)
    {
        var children = new Dictionary<(int State, byte Value), int>();
        foreach (var text in texts)
        {
            var state = from;
            for (var i = 0; i < text.Length - 1; i++)
            {
                if (!children.TryGetValue((state, text[i]), out var next))
                {
                    children[(state, text[i])] = next = NewState();
                    AddBytes(state, text[i], text[i], next);
                }

                state = next;
            }

            if (text.Length == 0)
                AddEmpty(from, to);
            else
                AddBytes(state, text[^1], text[^1], to);
        }
    }
}

/// <summary>A rule of a graph.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">For messages.</param>
/// <param name="Start">State it begins at.</param>
/// <param name="End">State it ends at.</param>
internal sealed record GraphRule(int Index, string Name, int Start, int End);
