using Furiosa.Device.Execution;

namespace Furiosa.Actors.Serialization;

/// <summary>A sequence as its last step left it, the same on both sides of a connection.</summary>
internal sealed class KnownSequence(long id)
{
    private int[] _table = [];
    private int[] _ids = [];
    private int _blockCount;
    private int _idCount;

    public long Id { get; } = id;

    /// <summary>Number of its last use, on the giving side.</summary>
    public long LastUse { get; set; }

    /// <summary>The position at which it goes on.</summary>
    public int Next { get; set; }

    /// <summary>The states that its next slice has, unless others are told.</summary>
    public SliceStates States { get; set; } = SliceStates.None;

    /// <summary>What was last asked of it.</summary>
    public SampleRequest? Request { get; set; }

    /// <summary>Its block table. Longer than what is known of it.</summary>
    public int[] Table => _table;

    /// <summary>The known part of the table.</summary>
    public Span<int> Blocks => _table.AsSpan(0, _blockCount);

    /// <summary>Ids generated so far, where they were told.</summary>
    public ReadOnlySpan<int> Generated => _ids.AsSpan(0, _idCount);

    /// <summary>The array that begins with them. They are not written over.</summary>
    public int[] GeneratedIds => _ids;

    /// <summary>Makes the table as long as a slice needs, its new entries to be written.</summary>
    public void Resize(int blocks)
    {
        if (blocks > _table.Length) Array.Resize(ref _table, Math.Max(blocks, _table.Length * 2));
        _blockCount = blocks;
    }

    /// <summary>Keeps the first generated ids, and makes room for others behind them.</summary>
    public Span<int> Extend(int kept, int more)
    {
        // Whoever was given the ids goes on seeing them.
        if (kept < _idCount) _ids = _ids[..kept];
        if (kept + more > _ids.Length) Array.Resize(ref _ids, Math.Max(kept + more, _ids.Length * 2));
        _idCount = kept + more;
        return _ids.AsSpan(kept, more);
    }
}
