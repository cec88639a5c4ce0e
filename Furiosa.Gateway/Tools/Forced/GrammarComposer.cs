using System.Collections.Immutable;
using System.Text;
using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>Puts a grammar together from fixed texts and grammars that stand between them. State 0 is where it begins.</summary>
internal sealed class GrammarComposer
{
    private readonly List<bool> _accepting = [false];
    private readonly List<GrammarByteEdge> _bytes = [];
    private readonly List<GrammarCall> _calls = [];
    private readonly List<GenerationGrammar> _parts = [];
    private readonly Dictionary<(int State, byte Value), int> _paths = [];

    /// <summary>States so far, those of the parts included.</summary>
    public int StateCount => _accepting.Count + _parts.Sum(part => part.Accepting.Length);

    /// <summary>Edges so far, those of the parts included.</summary>
    public int EdgeCount => _bytes.Count + _calls.Count + _parts.Sum(part => part.ByteEdges.Length + part.Calls.Length);

    /// <summary>A new state of the root.</summary>
    public int NewState(bool accepting = false)
    {
        _accepting.Add(accepting);
        return _accepting.Count - 1;
    }

    /// <summary>Adds a text between two states; texts that begin alike share their beginnings.</summary>
    /// <returns>The state after the text: <paramref name="to"/>, or for an empty text <paramref name="from"/>.</returns>
    public int AddText(int from, string text, int to)
    {
        if (text.Length == 0)
            return from;
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var value in bytes.AsSpan(0, bytes.Length - 1))
        {
            if (!_paths.TryGetValue((from, value), out var next))
            {
                _paths[(from, value)] = next = NewState();
                _bytes.Add(new GrammarByteEdge(from, value, value, next));
            }

            from = next;
        }

        _bytes.Add(new GrammarByteEdge(from, bytes[^1], bytes[^1], to));
        return to;
    }

    /// <summary>Adds all that a grammar makes between two states; it must not make the empty text.</summary>
    public void AddGrammar(int from, GenerationGrammar grammar, int to)
    {
        _calls.Add(new GrammarCall(from, 1 + _parts.Sum(part => part.RuleStarts.Length), to));
        _parts.Add(grammar);
    }

    /// <summary>The whole as plain data.</summary>
    public GenerationGrammar Finish(string key)
    {
        var starts = ImmutableArray.CreateBuilder<int>();
        var accepting = ImmutableArray.CreateBuilder<bool>(StateCount);
        var bytes = ImmutableArray.CreateBuilder<GrammarByteEdge>();
        var calls = ImmutableArray.CreateBuilder<GrammarCall>();
        starts.Add(0);
        accepting.AddRange(_accepting);
        bytes.AddRange(_bytes.OrderBy(edge => edge.From));
        calls.AddRange(_calls.OrderBy(call => call.From));
        foreach (var part in _parts)
        {
            var (state, rule) = (accepting.Count, starts.Count);
            starts.AddRange(part.RuleStarts.Select(start => start + state));
            accepting.AddRange(part.Accepting);
            bytes.AddRange(part.ByteEdges.Select(edge => edge with { From = edge.From + state, To = edge.To + state }));
            calls.AddRange(part.Calls.Select(call => new GrammarCall(call.From + state, call.Rule + rule, call.To + state)));
        }

        return new GenerationGrammar
        {
            Key = key,
            RuleStarts = starts.ToImmutable(),
            Accepting = accepting.ToImmutable(),
            ByteEdges = bytes.ToImmutable(),
            Calls = calls.ToImmutable(),
        };
    }
}
