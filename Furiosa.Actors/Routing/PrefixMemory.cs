using System.Collections.Immutable;

namespace Furiosa.Actors.Routing;

/// <summary>
/// The beginnings of prompts that were sent to one replica, as hashes of whole blocks chained from the start, the longest unused ones
/// forgotten first. It only guesses what the replica still has: a wrong guess costs time, never a byte.
/// </summary>
internal sealed class PrefixMemory(int mostBlocks)
{
    private readonly Dictionary<ulong, LinkedListNode<ulong>> _known = [];
    private readonly LinkedList<ulong> _byUse = [];

    /// <summary>Tokens of a block: as many as a block of the KV cache has.</summary>
    public const int BlockSize = 16;

    /// <summary>The hashes of the blocks of a prompt, each with all before it.</summary>
    public static ulong[] Hash(ImmutableArray<int> prompt)
    {
        var hashes = new ulong[prompt.Length / BlockSize];
        var hash = 14695981039346656037UL;
        for (var i = 0; i < hashes.Length * BlockSize; i++)
        {
            hash = (hash ^ (uint)prompt[i]) * 1099511628211UL;
            hash ^= hash >> 29;
            if (i % BlockSize == BlockSize - 1) hashes[i / BlockSize] = hash;
        }
        return hashes;
    }

    /// <summary>How many leading blocks are known.</summary>
    public int Match(ReadOnlySpan<ulong> hashes)
    {
        var count = 0;
        while (count < hashes.Length && _known.ContainsKey(hashes[count])) count++;
        return count;
    }

    /// <summary>Notes a prompt. The first block is noted last, so that beginnings are forgotten after what follows them.</summary>
    public void Add(ReadOnlySpan<ulong> hashes)
    {
        for (var i = Math.Min(hashes.Length, mostBlocks) - 1; i >= 0; i--)
        {
            if (_known.TryGetValue(hashes[i], out var node)) _byUse.Remove(node);
            else _known[hashes[i]] = node = new LinkedListNode<ulong>(hashes[i]);
            _byUse.AddLast(node);
        }
        while (_known.Count > mostBlocks)
        {
            _known.Remove(_byUse.First!.Value);
            _byUse.RemoveFirst();
        }
    }
}
