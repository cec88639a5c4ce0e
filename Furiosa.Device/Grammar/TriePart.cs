namespace Furiosa.Device.Grammar;

/// <summary>
/// A trie as flat arrays in preorder: walking it is one loop, and a refused byte skips all that begins with it. Its nodes are bytes, or
/// <see cref="TrieFold">classes of bytes</see>.
/// </summary>
internal sealed class TriePart
{
    // Tokens of one node from which on a ready mask is quicker: 16 KB for 128k tokens.
    private const int ManyTokens = 2048;

    private static readonly byte[] Itself = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private readonly byte[] _values;
    private readonly ushort[] _depths;
    private readonly int[] _skips;
    private readonly int[] _ends;
    private readonly int[] _ids;
    private readonly bool _isFolded;
    private readonly Dictionary<int, TokenMask> _masks = [];

    /// <summary>Lays out a trie.</summary>
    /// <param name="values">For each node in preorder its byte or class.</param>
    /// <param name="depths">For each node its depth, from 0.</param>
    /// <param name="ends">For each node where its own tokens end among the ids; they begin where those of the node before end.</param>
    /// <param name="ids">Tokens, by node.</param>
    /// <param name="vocabularySize">Number of ids of the whole vocabulary.</param>
    /// <param name="isFolded">Whether the values are classes.</param>
    internal TriePart(byte[] values, ushort[] depths, int[] ends, int[] ids, int vocabularySize, bool isFolded)
    {
        (_values, _depths, _ends, _ids, _isFolded, VocabularySize) = (values, depths, ends, ids, isFolded, vocabularySize);
        _skips = Skips(depths);
        Depth = depths.Length == 0 ? 0 : depths.Max() + 1;
        for (var i = 0; i < ends.Length; i++)
        {
            var own = OwnIds(i);
            if (own.Length < ManyTokens)
                continue;
            _masks[i] = new TokenMask(vocabularySize);
            foreach (var id in own)
                _masks[i].Allow(id);
        }
    }

    /// <summary>Longest token, in bytes.</summary>
    public int Depth { get; }

    /// <summary>Number of nodes.</summary>
    public int NodeCount => _values.Length;

    internal int VocabularySize { get; }

    internal ReadOnlySpan<byte> Values => _values;

    internal ReadOnlySpan<ushort> Depths => _depths;

    /// <summary>Builds the trie of some tokens.</summary>
    /// <param name="ids">Tokens to hold, each of at least one byte.</param>
    /// <param name="bytes">Bytes of every token of the vocabulary.</param>
    public static TriePart Of(IEnumerable<int> ids, VocabularyBytes bytes)
    {
        var sorted = ids.ToArray();
        Array.Sort(sorted, (a, b) => bytes[a].SequenceCompareTo(bytes[b]) is var order && order != 0 ? order : a.CompareTo(b));
        // Counted first: lists that grow leave as much behind as the trie takes.
        var nodes = 0;
        ReadOnlySpan<byte> previous = [];
        foreach (var id in sorted)
        {
            nodes += bytes[id].Length - bytes[id].CommonPrefixLength(previous);
            previous = bytes[id];
        }

        var (values, depths, ends) = (new byte[nodes], new ushort[nodes], new int[nodes]);
        var node = 0;
        previous = [];
        for (var i = 0; i < sorted.Length; i++)
        {
            var text = bytes[sorted[i]];
            for (var depth = text.CommonPrefixLength(previous); depth < text.Length; depth++, node++)
                (values[node], depths[node], ends[node]) = (text[depth], (ushort)depth, i);

            // Sorted, a token stands just after its prefixes, so the last node is its own.
            ends[node - 1] = i + 1;
            previous = text;
        }

        return new TriePart(values, depths, ends, sorted, bytes.Count, isFolded: false);
    }

    /// <summary>Allows every token whose bytes the grammar takes from where it stands.</summary>
    /// <param name="automaton">The grammar, its gate held.</param>
    /// <param name="from">Where it stands.</param>
    /// <param name="path">Room for <see cref="Depth"/> + 1 entries.</param>
    /// <param name="mask">Bits are set, never cleared.</param>
    /// <param name="walk">Numbers the mask, so that what its walks share is counted once.</param>
    /// <param name="work">Readings that may still be looked at; the walk ends where it reaches 0.</param>
    /// <param name="untilOne">Whether it goes on behind that, until a byte leads on.</param>
    /// <returns>Number of nodes looked at.</returns>
    public int Walk(GrammarAutomaton automaton, Configuration from, Configuration[] path, TokenMask mask, long walk, ref long work, bool untilOne = false)
    {
        var classes = _isFolded ? Itself : automaton.ClassOfByte;
        var looked = 0;
        path[0] = from;
        for (var i = 0; i < _values.Length && (work > 0 || untilOne); looked++)
        {
            var at = path[_depths[i]];
            var byteClass = classes[_values[i]];
            var next = at.NextOf(byteClass) ?? automaton.NextOfClass(at, byteClass);
            work -= at.CountOnce(byteClass, walk);
            if (ReferenceEquals(next, Configuration.Dead))
            {
                i = _skips[i];
                continue;
            }

            untilOne = false;
            path[_depths[i] + 1] = next;
            var own = OwnIds(i);
            if (own.Length >= ManyTokens)
            {
                mask.AllowAll(_masks[i]);
            }
            else
            {
                foreach (var id in own)
                    mask.Allow(id);
            }

            i++;
        }

        return looked;
    }

    internal ReadOnlySpan<int> OwnIds(int node)
    {
        var begin = node == 0 ? 0 : _ends[node - 1];
        return _ids.AsSpan(begin, _ends[node] - begin);
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
}
