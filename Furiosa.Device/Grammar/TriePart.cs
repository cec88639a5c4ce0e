namespace Furiosa.Device.Grammar;

/// <summary>A byte trie as flat arrays in preorder: walking it is one loop, and a refused byte skips all that begins with it.</summary>
internal sealed class TriePart
{
    private readonly byte[] _values;
    private readonly ushort[] _depths;
    private readonly int[] _skips;
    private readonly int[] _firstIds;
    private readonly int[] _ids;

    /// <summary>Builds the trie.</summary>
    /// <param name="ids">Tokens to hold.</param>
    /// <param name="bytes">Bytes of every token of the vocabulary.</param>
    public TriePart(IEnumerable<int> ids, byte[][] bytes)
    {
        _ids = ids.ToArray();
        Array.Sort(_ids, (a, b) => bytes[a].AsSpan().SequenceCompareTo(bytes[b]) is var order && order != 0 ? order : a.CompareTo(b));
        var nodes = new List<(byte Value, ushort Depth, int FirstId)>(_ids.Length * 2);
        ReadOnlySpan<byte> previous = [];
        for (var i = 0; i < _ids.Length; i++)
        {
            var text = bytes[_ids[i]].AsSpan();
            for (var depth = text.CommonPrefixLength(previous); depth < text.Length; depth++)
                nodes.Add((text[depth], (ushort)depth, i));
            previous = text;
        }

        _values = [.. nodes.Select(node => node.Value)];
        _depths = [.. nodes.Select(node => node.Depth)];
        _firstIds = [.. nodes.Select(node => node.FirstId), _ids.Length];
        _skips = Skips(_depths);
        OwnCounts = new ushort[nodes.Count];
        foreach (var id in _ids)
            OwnCounts[Find(bytes[id])]++;
        Depth = nodes.Count == 0 ? 0 : nodes.Max(node => node.Depth) + 1;
    }

    /// <summary>Longest token, in bytes.</summary>
    public int Depth { get; }

    private ushort[] OwnCounts { get; }

    /// <summary>Allows every token whose bytes the grammar takes from where it stands.</summary>
    /// <param name="automaton">The grammar, its gate held.</param>
    /// <param name="from">Where it stands.</param>
    /// <param name="path">Room for <see cref="Depth"/> + 1 entries.</param>
    /// <param name="mask">Bits are set, never cleared.</param>
    /// <param name="walk">Numbers the mask, so that what its walks share is counted once.</param>
    /// <param name="work">Readings that may still be looked at; the walk ends where it reaches 0.</param>
    public void Walk(GrammarAutomaton automaton, Configuration from, Configuration[] path, TokenMask mask, long walk, ref long work)
    {
        var classes = automaton.ClassOfByte;
        path[0] = from;
        for (var i = 0; i < _values.Length && work > 0;)
        {
            var at = path[_depths[i]];
            var byteClass = classes[_values[i]];
            var next = at.Next[byteClass] ?? automaton.NextOfClass(at, byteClass);
            work -= at.CountOnce(byteClass, walk);
            if (ReferenceEquals(next, Configuration.Dead))
            {
                i = _skips[i];
                continue;
            }

            path[_depths[i] + 1] = next;
            for (var own = 0; own < OwnCounts[i]; own++)
                mask.Allow(_ids[_firstIds[i] + own]);
            i++;
        }
    }

    // The first node after i that is not below it.
    private static int[] Skips(ushort[] depths)
    {
        var skips = new int[depths.Length];
        var open = new Stack<int>();
        for (var i = 0; i < depths.Length; i++)
        {
            while (open.TryPeek(out var above) && depths[above] >= depths[i])
                skips[open.Pop()] = i;
            open.Push(i);
        }

        while (open.TryPop(out var last))
            skips[last] = depths.Length;
        return skips;
    }

    private int Find(ReadOnlySpan<byte> text)
    {
        var i = 0;
        for (var depth = 0; depth < text.Length; depth++, i++)
        {
            while (_values[i] != text[depth])
                i = _skips[i];
        }

        return i - 1;
    }
}
