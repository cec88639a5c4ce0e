using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Furiosa.Device.Execution;

/// <summary>
/// All-gather of a tensor-parallel group over one connected stream socket for each other process of the group. A frame is a header of
/// 16 bytes (mark, gather number, rank, value count; little-endian) and the values; whatever does not fit what this process expects
/// next ends the link with an error. The sockets are connected, and authenticated where they must be, before they come here.
/// </summary>
public sealed class SocketTensorParallelLink : ITensorParallelLink
{
    private readonly Peer[] _peers;
    private readonly byte[] _header = new byte[GatherFrame.HeaderBytes];
    private int[] _counts = [];
    private uint _gather;
    private volatile bool _isDisposed;

    /// <summary>Takes over the sockets.</summary>
    /// <param name="localRanks">Ranks of the group that live in this process.</param>
    /// <param name="peers">The other processes: a connected socket and the ranks that live there.</param>
    /// <param name="timeout">How long one gather may wait for a peer; a slower peer counts as gone.</param>
    public SocketTensorParallelLink(
        IReadOnlyList<int> localRanks, IReadOnlyList<(Socket Socket, IReadOnlyList<int> Ranks)> peers, TimeSpan timeout)
    {
        int[] local = [.. localRanks];
        var milliseconds = checked((int)timeout.TotalMilliseconds);
        foreach (var (socket, _) in peers)
        {
            socket.NoDelay = true;
            socket.SendTimeout = socket.ReceiveTimeout = milliseconds;
        }
        _peers = [.. peers.Select(peer => new Peer(peer.Socket, [.. peer.Ranks], new PeerSender(peer.Socket, local)))];
    }

    /// <inheritdoc/>
    public void AllGather(float[][] valuesByRank, ReadOnlySpan<int> countByRank)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _gather++;
        if (_counts.Length != countByRank.Length) _counts = new int[countByRank.Length];
        countByRank.CopyTo(_counts);
        // Sending overlaps receiving: two peers that both sent first would wait for each other once the kernel's buffers are full.
        foreach (var peer in _peers) peer.Sender.Begin(_gather, valuesByRank, _counts);
        Exception? fault = null;
        try
        {
            foreach (var peer in _peers)
            {
                foreach (var rank in peer.Ranks) Receive(peer.Socket, rank, valuesByRank[rank].AsSpan(0, _counts[rank]));
            }
        }
        catch (Exception received)
        {
            // Ends a send that waits for a peer which will never read, so that nothing reads the values after this call.
            fault = received;
            CloseSockets();
        }
        foreach (var peer in _peers)
        {
            var sent = peer.Sender.Wait();
            fault ??= sent;
        }
        if (fault is not null) ExceptionDispatchInfo.Throw(fault);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        CloseSockets();
        foreach (var peer in _peers) peer.Sender.Dispose();
    }

    private void CloseSockets()
    {
        foreach (var peer in _peers) peer.Socket.Dispose();
    }

    private void Receive(Socket socket, int rank, Span<float> values)
    {
        ReceiveAll(socket, _header);
        GatherFrame.Expect(_header, _gather, rank, values.Length);
        ReceiveAll(socket, MemoryMarshal.AsBytes(values));
    }

    private static void ReceiveAll(Socket socket, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var read = socket.Receive(bytes);
            if (read == 0) throw new EndOfStreamException("A tensor-parallel peer closed its connection.");
            bytes = bytes[read..];
        }
    }

    private sealed record Peer(Socket Socket, int[] Ranks, PeerSender Sender);
}
