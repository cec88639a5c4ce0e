using System.Numerics;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>Texts with a number each, to be found as beginnings of other text.</summary>
internal sealed class TextTrie
{
    private const int MostCharacters = 8 * 1024 * 1024;
    private const int Longest = 2048;
    private const long Empty = -1;

    // One edge a slot, by open addressing: a node's number and a character make the key, the child's number is the value.
    private long[] _edges;
    private int[] _children;
    private int _mask;
    private readonly List<int> _values = [-1];

    public TextTrie(int expectedCharacters = 16)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(expectedCharacters * 2, 64, 1 << 26));
        _edges = new long[size];
        _children = new int[size];
        _mask = size - 1;
        Array.Fill(_edges, Empty);
    }

    /// <summary>A vocabulary's tokens and their ids.</summary>
    public static TextTrie Of(Vocabulary vocabulary)
    {
        var trie = new TextTrie(vocabulary.Count * 4);
        for (var number = 0; number < vocabulary.Count; number++)
        {
            if (!vocabulary.Token(number).IsEmpty)
                trie.Add(vocabulary.Token(number), vocabulary.Id(number));
        }

        return trie;
    }

    /// <summary>Adds a text; one that is there already gets the new value.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">Its number, 0 or more.</param>
    public void Add(ReadOnlySpan<char> text, int value)
    {
        // What is looked for is tried at every place of a text.
        if (text.Length > Longest)
            throw new ModelTextException($"a token has {text.Length} characters; at most {Longest} are possible.");
        var node = 0;
        foreach (var character in text)
        {
            var slot = Slot(node, character);
            if (_edges[slot] == Empty)
            {
                if (_values.Count > MostCharacters)
                    throw new ModelTextException($"the tokens have more than {MostCharacters} characters together.");
                _edges[slot] = Key(node, character);
                _children[slot] = node = _values.Count;
                _values.Add(-1);
                if (_values.Count * 2 > _edges.Length)
                    Grow();
                continue;
            }

            node = _children[slot];
        }

        _values[node] = value;
    }

    /// <summary>Goes one character on from a node (0 is where texts begin).</summary>
    /// <returns>The next node, or -1 where no text goes on so.</returns>
    public int Next(int node, char character)
    {
        var slot = Slot(node, character);
        return _edges[slot] == Empty ? -1 : _children[slot];
    }

    /// <summary>The number of the text that ends at a node, or -1.</summary>
    public int ValueAt(int node) => _values[node];

    private static long Key(int node, char character) => ((long)node << 16) | character;

    private int Slot(int node, char character)
    {
        var key = Key(node, character);
        var slot = (int)((ulong)key * 0x9E3779B97F4A7C15UL >> 34) & _mask;
        while (_edges[slot] != key && _edges[slot] != Empty)
            slot = (slot + 1) & _mask;
        return slot;
    }

    private void Grow()
    {
        var (edges, children) = (_edges, _children);
        _edges = new long[edges.Length * 2];
        _children = new int[edges.Length * 2];
        _mask = _edges.Length - 1;
        Array.Fill(_edges, Empty);
        for (var i = 0; i < edges.Length; i++)
        {
            if (edges[i] == Empty)
                continue;
            var slot = Slot((int)(edges[i] >> 16), (char)edges[i]);
            (_edges[slot], _children[slot]) = (edges[i], children[i]);
        }
    }
}
