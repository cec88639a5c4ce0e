using Furiosa.Device.Links;

namespace Furiosa.Device.Execution;

/// <summary>
/// All-gather of a tensor-parallel group over one connection for each other process of the group. A frame is a header (gather number,
/// rank, value count) and the values; whatever does not fit what this process expects next ends the link with an error.
/// </summary>
public sealed class SocketTensorParallelLink : ITensorParallelLink
{
    /// <summary>Kind of the frames.</summary>
    internal const byte FrameKind = 16;

    private readonly GatherPeer[] _peers;
    private readonly int[] _localRanks;
    private int[] _counts = [];
    private uint _gather;
    private volatile bool _isDisposed;

    /// <summary>Takes over the connections and starts them.</summary>
    /// <param name="localRanks">Ranks of the group that live in this process.</param>
    /// <param name="peers">The other processes: a connection that was not started, and the ranks that live there.</param>
    /// <param name="mostBytes">Bytes of the largest frame: the values of one rank.</param>
    /// <param name="failed">Told once for each peer that is gone, also between steps; null for nobody.</param>
    public SocketTensorParallelLink(
        IReadOnlyList<int> localRanks, IReadOnlyList<(LinkConnection Connection, IReadOnlyList<int> Ranks)> peers, int mostBytes, Action<Exception>? failed = null)
    {
        _localRanks = [.. localRanks];
        _peers = [.. peers.Select(peer => new GatherPeer(peer.Connection, [.. peer.Ranks]))];
        foreach (var peer in _peers) peer.Start(mostBytes, failed ?? (static _ => { }));
    }

    /// <inheritdoc/>
    public void AllGather(float[][] valuesByRank, ReadOnlySpan<int> countByRank)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _gather++;
        if (_counts.Length != countByRank.Length) _counts = new int[countByRank.Length];
        countByRank.CopyTo(_counts);
        foreach (var peer in _peers)
        {
            foreach (var rank in _localRanks) peer.Send(rank, _gather, valuesByRank[rank], _counts[rank]);
        }
        foreach (var peer in _peers)
        {
            foreach (var rank in peer.Ranks) peer.Receive(_gather, rank, valuesByRank[rank].AsSpan(0, _counts[rank]));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var peer in _peers) peer.Dispose();
    }
}
