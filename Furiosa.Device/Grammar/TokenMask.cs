using System.Numerics;

namespace Furiosa.Device.Grammar;

/// <summary>Which token ids may be drawn: one bit each.</summary>
internal sealed class TokenMask
{
    private readonly ulong[] _words;

    internal TokenMask(int size)
    {
        Size = size;
        _words = new ulong[(size + 63) / 64];
    }

    /// <summary>Number of ids.</summary>
    public int Size { get; }

    /// <summary>The bits: id i is bit i mod 64 of word i / 64.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>Number of ids allowed.</summary>
    public int AllowedCount => _words.Sum(BitOperations.PopCount);

    /// <summary>Whether the id may be drawn; false for one out of range.</summary>
    public bool Allows(int id) => (uint)id < (uint)Size && (_words[id >> 6] >> (id & 63) & 1) != 0;

    internal void Allow(int id) => _words[id >> 6] |= 1UL << (id & 63);

    internal void Forbid(int id) => _words[id >> 6] &= ~(1UL << (id & 63));

    internal void AllowAll(TokenMask other)
    {
        for (var i = 0; i < _words.Length; i++)
            _words[i] |= other._words[i];
    }

    internal TokenMask Copy()
    {
        var copy = new TokenMask(Size);
        _words.CopyTo(copy._words, 0);
        return copy;
    }
}
