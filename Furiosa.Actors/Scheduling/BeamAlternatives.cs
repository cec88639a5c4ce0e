using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Scheduling;

/// <summary>Remembers the best tokens after each beam that ran, as a tree of beams, so that a finished hypothesis can show them.</summary>
internal sealed class BeamAlternatives(int count)
{
    private readonly Node _root = new();
    private Node[]? _running;

    /// <summary>Notes the candidates of a running beam.</summary>
    public void Note(int beam, TokenLogprob[] candidates) => (_running ??= [_root])[beam].Best = Tokens.Alternatives(candidates, count);

    /// <summary>The running beams are these now.</summary>
    public void GoOn(ImmutableArray<BeamChoice> choices)
    {
        var parents = _running!;
        _running = [.. choices.Select(choice => parents[choice.Parent].Children[choice.TokenId] = new Node())];
    }

    /// <summary>The alternatives of each token of a hypothesis.</summary>
    public List<ImmutableArray<TokenAlternative>> Along(IEnumerable<TokenLogprob> tokens)
    {
        var result = new List<ImmutableArray<TokenAlternative>>();
        var node = _root;
        foreach (var token in tokens)
        {
            result.Add(node is null ? default : node.Best);
            node = node?.Children.GetValueOrDefault(token.Id);
        }
        return result;
    }

    private sealed class Node
    {
        public Dictionary<int, Node> Children { get; } = [];

        public ImmutableArray<TokenAlternative> Best { get; set; } = default;
    }
}
