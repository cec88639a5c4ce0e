using System.Runtime.ExceptionServices;
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
        _peers = [.. peers.Select(peer => new GatherPeer(peer.Connection, [.. peer.Ranks], _localRanks.Length))];
        foreach (var peer in _peers) peer.Start(mostBytes, failed ?? (static _ => { }));
    }

    /// <inheritdoc/>
    public void AllGather(float[][] valuesByRank, ReadOnlySpan<int> countByRank)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _gather++;
        if (_counts.Length != countByRank.Length) _counts = new int[countByRank.Length];
        countByRank.CopyTo(_counts);
        Exception? fault = null;
        try
        {
            // Sending overlaps receiving: two peers that both sent first would wait for each other once the kernel's buffers are full.
            foreach (var peer in _peers)
            {
                for (var i = 0; i < _localRanks.Length; i++) peer.Send(i, _localRanks[i], _gather, valuesByRank[_localRanks[i]], _counts[_localRanks[i]]);
            }
            foreach (var peer in _peers)
            {
                foreach (var rank in peer.Ranks) peer.Receive(_gather, rank, valuesByRank[rank].AsSpan(0, _counts[rank]));
            }
        }
        catch (Exception error)
        {
            // Ends a send that waits for a peer which will never read, so that nothing reads the values after this call.
            fault = error;
            foreach (var peer in _peers) peer.Connection.Dispose();
        }
        foreach (var peer in _peers) peer.WaitUntilSent();
        if (fault is not null) ExceptionDispatchInfo.Throw(fault);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var peer in _peers) peer.Dispose();
    }
}
