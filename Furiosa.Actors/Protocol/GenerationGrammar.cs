using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

/// <summary>
/// What the text of a choice must follow, as plain data over bytes: one automaton per rule, whose edges read a byte or call a rule
/// (a call reads at least one byte). It goes once to the last stage, where masks are made beside the sampler.
/// </summary>
public sealed record GenerationGrammar
{
    /// <summary>Names the content: two grammars with one key are the same grammar.</summary>
    public required string Key { get; init; }

    /// <summary>First state of each rule; rule 0 is the root.</summary>
    public required ImmutableArray<int> RuleStarts { get; init; }

    /// <summary>For each state, whether its rule may end there.</summary>
    public required ImmutableArray<bool> Accepting { get; init; }

    /// <summary>Edges that read a byte, ascending by source.</summary>
    public required ImmutableArray<GrammarByteEdge> ByteEdges { get; init; }

    /// <summary>Edges that call a rule, ascending by source.</summary>
    public required ImmutableArray<GrammarCall> Calls { get; init; }

    /// <summary>About what it takes in memory, in bytes.</summary>
    public long Bytes => (12L * (ByteEdges.Length + Calls.Length)) + Accepting.Length + (4L * RuleStarts.Length);
}

/// <summary>Reads one byte.</summary>
/// <param name="From">State left.</param>
/// <param name="Low">Lowest byte read.</param>
/// <param name="High">Highest byte read.</param>
/// <param name="To">State reached.</param>
public readonly record struct GrammarByteEdge(int From, byte Low, byte High, int To);

/// <summary>Reads what a rule reads.</summary>
/// <param name="From">State left.</param>
/// <param name="Rule">Index of the rule.</param>
/// <param name="To">State reached when the rule has ended.</param>
public readonly record struct GrammarCall(int From, int Rule, int To);
