namespace Furiosa.Device.Grammar;

/// <summary>
/// A context-free grammar over bytes as plain data: one automaton per rule, whose edges read a byte or call a rule. Free of empty
/// edges: an edge around a call of a rule that may be empty is the maker's to add, so that every call reads at least one byte.
/// Immutable once made, and checked: whatever it holds runs in bounded time and memory.
/// </summary>
public sealed class ByteGrammar
{
    /// <summary>Most states over all rules.</summary>
    public const int MaxStates = 200_000;

    /// <summary>Most byte edges and most calls.</summary>
    public const int MaxEdges = 1_000_000;

    private readonly int[] _ruleStarts;
    private readonly bool[] _accepting;
    private readonly ByteEdge[] _byteEdges;
    private readonly CallEdge[] _calls;

    /// <summary>Checks and copies the parts.</summary>
    /// <param name="key">Names the content: two grammars with one key are the same grammar.</param>
    /// <param name="ruleStarts">The first state of each rule; rule 0 is the root.</param>
    /// <param name="accepting">For each state, whether its rule may end there.</param>
    /// <param name="byteEdges">Edges that read a byte, ascending by <see cref="ByteEdge.From"/>.</param>
    /// <param name="calls">Edges that call a rule, ascending by <see cref="CallEdge.From"/>.</param>
    /// <exception cref="ArgumentException">An index is out of range, an order or a bound is broken, or a rule calls itself before reading a byte.</exception>
    public ByteGrammar(
        string key, ReadOnlySpan<int> ruleStarts, ReadOnlySpan<bool> accepting, ReadOnlySpan<ByteEdge> byteEdges, ReadOnlySpan<CallEdge> calls)
    {
        Require(key.Length is > 0 and <= 256, "the key is empty or too long");
        Require(accepting.Length is > 0 and <= MaxStates, $"{accepting.Length} states, at most {MaxStates} are taken");
        Require(ruleStarts.Length > 0 && ruleStarts.Length <= accepting.Length, $"{ruleStarts.Length} rules for {accepting.Length} states");
        Require(byteEdges.Length <= MaxEdges && calls.Length <= MaxEdges, $"more than {MaxEdges} edges");
        Key = key;
        _ruleStarts = ruleStarts.ToArray();
        _accepting = accepting.ToArray();
        _byteEdges = byteEdges.ToArray();
        _calls = calls.ToArray();
        CheckRanges();
        RuleRanks = LeftCorners.Rank(_ruleStarts, _calls);
    }

    /// <summary>Names the content.</summary>
    public string Key { get; }

    /// <summary>First state of each rule; rule 0 is the root.</summary>
    public ReadOnlySpan<int> RuleStarts => _ruleStarts;

    /// <summary>For each state, whether its rule may end there.</summary>
    public ReadOnlySpan<bool> Accepting => _accepting;

    /// <summary>Edges that read a byte, ascending by source.</summary>
    public ReadOnlySpan<ByteEdge> ByteEdges => _byteEdges;

    /// <summary>Edges that call a rule, ascending by source.</summary>
    public ReadOnlySpan<CallEdge> Calls => _calls;

    // A rule that another calls before reading a byte has the higher rank.
    internal int[] RuleRanks { get; }

    private void CheckRanges()
    {
        var states = _accepting.Length;
        foreach (var start in _ruleStarts)
            Require((uint)start < (uint)states, $"a rule starts at state {start} of {states}");
        var previous = 0;
        foreach (var edge in _byteEdges)
        {
            Require(edge.From >= previous && edge.From < states && (uint)edge.To < (uint)states && edge.Low <= edge.High, $"bad {edge}");
            previous = edge.From;
        }

        previous = 0;
        foreach (var call in _calls)
        {
            Require(call.From >= previous && call.From < states && (uint)call.To < (uint)states && (uint)call.Rule < (uint)_ruleStarts.Length, $"bad {call}");
            previous = call.From;
        }
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
            throw new ArgumentException($"The grammar cannot be used: {problem}.");
    }
}

/// <summary>Reads one byte.</summary>
/// <param name="From">State left.</param>
/// <param name="Low">Lowest byte read.</param>
/// <param name="High">Highest byte read.</param>
/// <param name="To">State reached.</param>
public readonly record struct ByteEdge(int From, byte Low, byte High, int To);

/// <summary>Reads what a rule reads.</summary>
/// <param name="From">State left.</param>
/// <param name="Rule">Index of the rule.</param>
/// <param name="To">State reached when the rule has ended.</param>
public readonly record struct CallEdge(int From, int Rule, int To);
