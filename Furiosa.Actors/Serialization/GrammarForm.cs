using System.Collections.Immutable;
using Furiosa.Actors.Grammar;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Grammar;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of grammars, the same on both sides of the device's border. Sources ascend, so they are written as distances.</summary>
internal static class GrammarForm
{
    public static void Write(WireWriter writer, GenerationGrammar grammar)
    {
        writer.Text(grammar.Key);
        writer.Ints(grammar.RuleStarts.AsSpan());
        writer.List(grammar.Accepting.AsSpan(), static (to, accepts) => to.Bool(accepts));
        var from = 0;
        writer.List(grammar.ByteEdges.AsSpan(), (to, edge) =>
        {
            to.Int(edge.From - from);
            to.Byte(edge.Low);
            to.Byte(edge.High);
            to.Int(edge.To);
            from = edge.From;
        });
        from = 0;
        writer.List(grammar.Calls.AsSpan(), (to, call) =>
        {
            to.Int(call.From - from);
            to.Int(call.Rule);
            to.Int(call.To);
            from = call.From;
        });
    }

    public static GenerationGrammar Read(WireReader reader)
    {
        var from = 0;
        return new GenerationGrammar
        {
            Key = reader.Text(),
            RuleStarts = reader.List(1, static from => from.Int()),
            Accepting = reader.List(1, static from => from.Bool()),
            ByteEdges = reader.List(4, at => new GrammarByteEdge(from = unchecked(from + at.Int()), at.Byte(), at.Byte(), at.Int())),
            Calls = ReadCalls(reader),
        };
    }

    /// <summary>Reads and checks it.</summary>
    public static ByteGrammar ReadDevice(WireReader reader)
    {
        var grammar = Read(reader);
        try
        {
            return grammar.ToDevice();
        }
        catch (ArgumentException refusal)
        {
            throw reader.Malformed(refusal.Message);
        }
    }

    private static ImmutableArray<GrammarCall> ReadCalls(WireReader reader)
    {
        var from = 0;
        return reader.List(3, at => new GrammarCall(from = unchecked(from + at.Int()), at.Int(), at.Int()));
    }
}
