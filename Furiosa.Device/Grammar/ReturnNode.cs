namespace Furiosa.Device.Grammar;

/// <summary>
/// Where a running rule goes on when it ends: all callers of one rule at one place share a node, as in a graph-structured stack, so
/// that an ambiguous grammar costs polynomial and not exponential room. Nodes of equal content are one object.
/// </summary>
internal sealed class ReturnNode
{
    public static readonly ReturnNode Bottom = new(true, [], new UInt128(1, 1));

    public ReturnNode(bool reachesEnd, Item[] callers, UInt128 hash)
    {
        ReachesEnd = reachesEnd;
        Callers = callers;
        Hash = hash;
    }

    /// <summary>Whether the root itself may end when the rule does.</summary>
    public bool ReachesEnd { get; }

    /// <summary>The states to go on at, each with its own way back.</summary>
    public Item[] Callers { get; }

    /// <summary>Fingerprint of the content.</summary>
    public UInt128 Hash { get; }
}

/// <summary>A state that is being run and where its rule returns to.</summary>
internal readonly record struct Item(int State, ReturnNode Return)
{
    /// <summary>Fingerprint of the content.</summary>
    public UInt128 Hash => Fingerprint.Mix(Return.Hash, (ulong)State);
}

/// <summary>Order-dependent 128-bit fingerprints.</summary>
internal static class Fingerprint
{
    public static readonly UInt128 Empty = new(0x9E3779B97F4A7C15, 0xD1B54A32D192ED03);

    public static UInt128 Mix(UInt128 hash, ulong value)
    {
        var high = ((ulong)(hash >> 64) ^ value) * 0xBF58476D1CE4E5B9;
        var low = ((ulong)hash + value + 1) * 0x94D049BB133111EB;
        high ^= high >> 29;
        low ^= low >> 31;
        return new UInt128((high * 0x9FB21C651E98DF25) + low, (low * 0xD6E8FEB86659FD93) ^ (high >> 17));
    }

    public static UInt128 Mix(UInt128 hash, UInt128 value) => Mix(Mix(hash, (ulong)(value >> 64)), (ulong)value);
}
