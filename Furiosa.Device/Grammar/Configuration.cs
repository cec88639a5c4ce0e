namespace Furiosa.Device.Grammar;

/// <summary>Everything a grammar may be doing after some bytes: a state of the deterministic machine that is made while it runs.</summary>
internal sealed class Configuration
{
    /// <summary>Nothing can follow and nothing may end.</summary>
    public static readonly Configuration Dead = new([], false, 0, UInt128.Zero);

    private readonly ulong[] _counted;
    private long _countedBy;

    public Configuration(Item[] items, bool accepting, int classCount, UInt128 hash)
    {
        Items = items;
        IsAccepting = accepting;
        Next = new Configuration?[classCount];
        NextCosts = new ushort[classCount];
        _counted = new ulong[(classCount + 63) / 64];
        Hash = hash;
    }

    /// <summary>States that read bytes.</summary>
    public Item[] Items { get; }

    /// <summary>Whether the text may end here.</summary>
    public bool IsAccepting { get; }

    /// <summary>By class of byte; null until it is asked for.</summary>
    public Configuration?[] Next { get; }

    /// <summary>What making each of <see cref="Next"/> cost, made again or not: so that counted work depends on the grammar alone.</summary>
    public ushort[] NextCosts { get; }

    /// <summary>Fingerprint of the content, the same on every machine.</summary>
    public UInt128 Hash { get; }

    /// <summary>What every plain character leads to, where that is one and the same; see <see cref="PlainText"/>.</summary>
    public Configuration? AfterPlain { get; set; }

    /// <summary>Whether <see cref="AfterPlain"/> and <see cref="RefusesPlain"/> are known.</summary>
    public bool IsPlainKnown { get; set; }

    /// <summary>Whether no plain character may begin here.</summary>
    public bool RefusesPlain { get; set; }

    /// <summary>The cost of a step from here the first time that a walk takes it, else nothing.</summary>
    public int CountOnce(byte byteClass, long walk)
    {
        if (_countedBy != walk)
        {
            Array.Clear(_counted);
            _countedBy = walk;
        }

        var bit = 1UL << (byteClass & 63);
        if ((_counted[byteClass >> 6] & bit) != 0)
            return 0;
        _counted[byteClass >> 6] |= bit;
        return NextCosts[byteClass];
    }
}
