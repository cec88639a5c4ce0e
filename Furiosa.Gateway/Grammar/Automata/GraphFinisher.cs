using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>
/// Makes plain data of a graph: no empty edges, nothing that cannot be reached, nothing that cannot come to an end (so a text that
/// was begun can always be ended), and no rule that calls itself before it has read a byte.
/// </summary>
internal sealed class GraphFinisher
{
    private const int MaxStates = 150_000;
    private const int MaxEdges = 600_000;

    private readonly GrammarGraph _graph;
    private readonly GraphFacts _facts;
    private readonly HashSet<int> _ends;
    private readonly Dictionary<int, int> _newStates = [];
    private readonly Dictionary<int, int> _newRules = [];
    private readonly List<int> _oldStates = [];
    private readonly List<int> _oldRules = [];
    private readonly List<GrammarByteEdge> _bytes = [];
    private readonly List<GrammarCall> _calls = [];
    private readonly List<bool> _accepting = [];

    private GraphFinisher(GrammarGraph graph)
    {
        _graph = graph;
        _facts = new GraphFacts(graph);
        _ends = [.. graph.Rules.Select(rule => rule.End)];
    }

    /// <exception cref="GrammarException">Nothing follows the grammar, a rule is left-recursive, or the result is too large.</exception>
    public static GenerationGrammar Finish(GrammarGraph graph, GraphRule root) => new GraphFinisher(graph).Finish(root);

    private GenerationGrammar Finish(GraphRule root)
    {
        if (!_facts.ProductiveRules[root.Index])
            throw new GrammarException("No text can follow the grammar: its requirements contradict each other or never come to an end.");
        NewRule(root.Index);
        for (var state = 0; state < _oldStates.Count; state++)
            Finish(state);
        if (_accepting.Count > MaxStates || _bytes.Count > MaxEdges || _calls.Count > MaxEdges)
            throw GrammarBudget.TooLarge();
        var starts = _oldRules.Select(rule => _newStates[_graph.Rules[rule].Start]).ToImmutableArray();
        RefuseLeftRecursion(starts);
        return new GenerationGrammar
        {
            Key = Key(starts), RuleStarts = starts, Accepting = [.. _accepting], ByteEdges = [.. _bytes], Calls = [.. _calls],
        };
    }

    private void Finish(int state)
    {
        var closure = _facts.Closure(_oldStates[state]);
        _accepting.Add(closure.Exists(_ends.Contains));
        var bytes = new HashSet<GrammarByteEdge>();
        var calls = new HashSet<GrammarCall>();
        foreach (var old in closure)
        {
            foreach (var (low, high, to) in _graph.Bytes[old] ?? [])
            {
                if (_facts.Productive[to])
                    bytes.Add(new GrammarByteEdge(state, low, high, NewState(to)));
            }

            foreach (var (rule, to) in _graph.Calls[old] ?? [])
            {
                if (_facts.Productive[to] && _facts.ProductiveRules[rule])
                    calls.Add(new GrammarCall(state, NewRule(rule), NewState(to)));
            }
        }

        _graph.Budget.Spend(bytes.Count + calls.Count);
        _bytes.AddRange(bytes);
        _calls.AddRange(calls);
    }

    private int NewState(int old)
    {
        if (_newStates.TryGetValue(old, out var known))
            return known;
        _oldStates.Add(old);
        return _newStates[old] = _oldStates.Count - 1;
    }

    private int NewRule(int old)
    {
        if (_newRules.TryGetValue(old, out var known))
            return known;
        _oldRules.Add(old);
        NewState(_graph.Rules[old].Start);
        return _newRules[old] = _oldRules.Count - 1;
    }

    private void RefuseLeftRecursion(ImmutableArray<int> starts)
    {
        var callees = _calls.ToLookup(call => call.From, call => call.Rule);
        var marks = new byte[starts.Length];
        for (var rule = 0; rule < marks.Length; rule++)
        {
            var path = new Stack<(int Rule, IEnumerator<int> Callees)>();
            Enter(rule);
            while (path.TryPeek(out var top))
            {
                if (top.Callees.MoveNext())
                    Enter(top.Callees.Current);
                else
                    marks[path.Pop().Rule] = 2;
            }

            void Enter(int entered)
            {
                if (marks[entered] == 1)
                    throw new GrammarException($"The rule '{_graph.Rules[_oldRules[entered]].Name}' begins with itself, by way of other rules or of parts that may be empty: write the repetition with * or +.");
                if (marks[entered] == 2)
                    return;
                marks[entered] = 1;
                path.Push((entered, callees[starts[entered]].GetEnumerator()));
            }
        }
    }

    private string Key(ImmutableArray<int> starts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(starts.AsSpan()));
        foreach (var accepts in _accepting)
            hash.AppendData([accepts ? (byte)1 : (byte)0]);
        var numbers = new List<int>();
        foreach (var edge in _bytes)
            numbers.AddRange([edge.From, edge.Low, edge.High, edge.To]);
        numbers.Add(-1);
        foreach (var call in _calls)
            numbers.AddRange([call.From, call.Rule, call.To]);
        hash.AppendData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(numbers)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
