using Furiosa.Actors.Protocol;
using Furiosa.Device.Grammar;

namespace Furiosa.Actors.Grammar;

/// <summary>Takes a grammar over the border to the device, which checks it.</summary>
internal static class GrammarMapping
{
    /// <exception cref="ArgumentException">The grammar breaks a bound of the device.</exception>
    public static ByteGrammar ToDevice(this GenerationGrammar grammar) => new(
        grammar.Key,
        grammar.RuleStarts.AsSpan(),
        grammar.Accepting.AsSpan(),
        [.. grammar.ByteEdges.Select(edge => new ByteEdge(edge.From, edge.Low, edge.High, edge.To))],
        [.. grammar.Calls.Select(call => new CallEdge(call.From, call.Rule, call.To))]);
}
