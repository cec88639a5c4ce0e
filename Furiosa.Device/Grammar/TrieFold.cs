using System.Runtime.InteropServices;

namespace Furiosa.Device.Grammar;

/// <summary>
/// One part of a vocabulary as one grammar sees it. Bytes that no edge of the grammar tells apart are one class, so tokens that are the same
/// classes stand or fall together: a trie of classes has a few thousand nodes where that of bytes has hundreds of thousands. It is made
/// when as many nodes were looked at as making it takes, so that short requests do not pay for it. Used under the grammar's gate.
/// </summary>
internal sealed class TrieFold(TriePart bytes)
{
    private TriePart? _folded;
    private bool _isTried;
    private long _looked;

    /// <summary>Whether the walk is over classes; it goes another way then, and counts the same work.</summary>
    public bool IsFolded => _folded != null;

    /// <summary><see cref="TriePart.Walk"/> by classes where that was worth making and <paramref name="byBytes"/> does not rule it out.</summary>
    public void Walk(GrammarAutomaton automaton, Configuration from, Configuration[] path, TokenMask mask, long walk, ref long work, bool byBytes)
    {
        if (!_isTried && _looked > bytes.NodeCount)
            (_isTried, _folded) = (true, ByClass(bytes, automaton.ClassOfByte));
        _looked += (byBytes ? bytes : _folded ?? bytes).Walk(automaton, from, path, mask, walk, ref work);
    }

    /// <summary>The part by classes; null where that is hardly smaller.</summary>
    internal static TriePart? ByClass(TriePart bytes, byte[] classOfByte)
    {
        var most = bytes.NodeCount / 2;
        var tree = new Tree(most + 1, bytes.NodeCount);
        var path = new int[bytes.Depth + 1];
        for (var i = 0; i < bytes.NodeCount; i++)
        {
            var depth = bytes.Depths[i];
            path[depth + 1] = tree.Child(path[depth], classOfByte[bytes.Values[i]]);
            if (path[depth + 1] > most)
                return null;
            if (!bytes.OwnIds(i).IsEmpty)
                tree.Add(path[depth + 1], i);
        }

        return tree.LayOut(bytes);
    }

    // Nodes are numbered as they come; 0 is the root, which is no node of the trie.
    private sealed class Tree(int most, int byteNodes)
    {
        private readonly Dictionary<long, int> _children = new(most / 4);
        private readonly byte[] _class = new byte[most + 1];
        private readonly int[] _firstChild = new int[most + 1];
        private readonly int[] _nextSibling = new int[most + 1];
        private readonly int[] _lastOwn = new int[most + 1];
        private readonly int[] _previousOwn = new int[byteNodes + 1];
        private int _count = 1;

        public int Child(int parent, byte byteClass)
        {
            ref var child = ref CollectionsMarshal.GetValueRefOrAddDefault(_children, ((long)parent << 8) | byteClass, out var isKnown);
            if (isKnown)
                return child;
            child = _count++;
            if (child >= _class.Length)
                return child;
            _class[child] = byteClass;
            (_nextSibling[child], _firstChild[parent]) = (_firstChild[parent], child);
            return child;
        }

        /// <summary>Notes that tokens of a node of bytes are a class node's own.</summary>
        public void Add(int node, int byteNode) => (_previousOwn[byteNode + 1], _lastOwn[node]) = (_lastOwn[node], byteNode + 1);

        public TriePart LayOut(TriePart bytes)
        {
            var (values, depths, ends, ids) = (new byte[_count - 1], new ushort[_count - 1], new int[_count - 1], new List<int>());
            var open = new Stack<(int Node, ushort Depth)>();
            var at = 0;
            for (var child = _firstChild[0]; child != 0; child = _nextSibling[child])
                open.Push((child, 0));
            while (open.TryPop(out var next))
            {
                for (var own = _lastOwn[next.Node]; own != 0; own = _previousOwn[own])
                    ids.AddRange(bytes.OwnIds(own - 1));
                (values[at], depths[at], ends[at]) = (_class[next.Node], next.Depth, ids.Count);
                at++;
                for (var child = _firstChild[next.Node]; child != 0; child = _nextSibling[child])
                    open.Push((child, (ushort)(next.Depth + 1)));
            }

            return new TriePart(values, depths, ends, [.. ids], bytes.VocabularySize, isFolded: true);
        }
    }
}
