using Furiosa.Actors.Protocol;
using Furiosa.Device.Grammar;

namespace Furiosa.Actors.Grammar;

/// <summary>Takes a grammar over the border to the device, which checks it.</summary>
internal static class GrammarMapping
{
    /// <summary>Why a request's grammar cannot be followed; null where it can, or there is none.</summary>
    public static string? Problem(GenerationRequest request)
    {
        if (request.Grammar is null) return null;
        if (request.StopTokenIds.IsDefaultOrEmpty) return "The request follows a grammar but has no stop token to end with.";
        try
        {
            request.Grammar.ToDevice();
            return null;
        }
        catch (ArgumentException refusal)
        {
            return refusal.Message;
        }
    }

    /// <exception cref="ArgumentException">The grammar breaks a bound of the device.</exception>
    public static ByteGrammar ToDevice(this GenerationGrammar grammar) => new(
        grammar.Key,
        grammar.RuleStarts.AsSpan(),
        grammar.Accepting.AsSpan(),
        [.. grammar.ByteEdges.Select(edge => new ByteEdge(edge.From, edge.Low, edge.High, edge.To))],
        [.. grammar.Calls.Select(call => new CallEdge(call.From, call.Rule, call.To))]);

    /// <summary>The way back, for the wire.</summary>
    public static GenerationGrammar ToProtocol(this ByteGrammar grammar) => new()
    {
        Key = grammar.Key,
        RuleStarts = [.. grammar.RuleStarts],
        Accepting = [.. grammar.Accepting],
        ByteEdges = [.. grammar.ByteEdges.ToArray().Select(edge => new GrammarByteEdge(edge.From, edge.Low, edge.High, edge.To))],
        Calls = [.. grammar.Calls.ToArray().Select(call => new GrammarCall(call.From, call.Rule, call.To))],
    };
}
