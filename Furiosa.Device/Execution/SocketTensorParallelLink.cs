using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Furiosa.Device.Execution;

/// <summary>
/// All-gather of a tensor-parallel group over one connected stream socket for each other process of the group. A frame is a header of
/// 16 bytes (mark, gather number, rank, value count; little-endian) and the values; whatever does not fit what this process expects
/// next ends the link with an error. The sockets are connected, and authenticated where they must be, before they come here.
/// </summary>
public sealed class SocketTensorParallelLink : ITensorParallelLink
{
    private const uint Mark = 0x46555450; // "FUTP"
    private const int HeaderBytes = 16;

    private readonly Peer[] _peers;
    private readonly int[] _localRanks;
    private readonly byte[] _header = new byte[HeaderBytes];
    private uint _gather;

    /// <summary>Takes over the sockets.</summary>
    /// <param name="localRanks">Ranks of the group that live in this process.</param>
    /// <param name="peers">The other processes: a connected socket and the ranks that live there.</param>
    /// <param name="timeout">How long one gather may wait for a peer; a slower peer counts as gone.</param>
    public SocketTensorParallelLink(
        IReadOnlyList<int> localRanks, IReadOnlyList<(Socket Socket, IReadOnlyList<int> Ranks)> peers, TimeSpan timeout)
    {
        _localRanks = [.. localRanks];
        _peers = [.. peers.Select(peer => new Peer(peer.Socket, [.. peer.Ranks]))];
        foreach (var peer in _peers)
        {
            peer.Socket.NoDelay = true;
            peer.Socket.SendTimeout = peer.Socket.ReceiveTimeout = checked((int)timeout.TotalMilliseconds);
        }
    }

    /// <inheritdoc/>
    public void AllGather(float[][] valuesByRank, ReadOnlySpan<int> countByRank)
    {
        _gather++;
        var counts = countByRank.ToArray();
        // Sending overlaps receiving: two peers that both sent first would wait for each other once the kernel's buffers are full.
        var sends = Array.ConvertAll(_peers, peer => Task.Factory.StartNew(
            () => Send(peer, valuesByRank, counts), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        try
        {
            foreach (var peer in _peers)
            {
                foreach (var rank in peer.Ranks) Receive(peer, rank, valuesByRank[rank].AsSpan(0, counts[rank]));
            }
        }
        catch
        {
            // Ends a send that waits for a peer which will never read, so that nothing outlives this call.
            Dispose();
            Task.WaitAll(sends.Select(send => send.ContinueWith(_ => { }, TaskScheduler.Default)).ToArray());
            throw;
        }
        Task.WaitAll(sends);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var peer in _peers) peer.Socket.Dispose();
    }

    private void Send(Peer peer, float[][] valuesByRank, int[] counts)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        foreach (var rank in _localRanks)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header, Mark);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], _gather);
            BinaryPrimitives.WriteInt32LittleEndian(header[8..], rank);
            BinaryPrimitives.WriteInt32LittleEndian(header[12..], counts[rank]);
            SendAll(peer.Socket, header);
            SendAll(peer.Socket, MemoryMarshal.AsBytes(valuesByRank[rank].AsSpan(0, counts[rank])));
        }
    }

    private void Receive(Peer peer, int rank, Span<float> values)
    {
        ReceiveAll(peer.Socket, _header);
        var mark = BinaryPrimitives.ReadUInt32LittleEndian(_header);
        var gather = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(4));
        var sender = BinaryPrimitives.ReadInt32LittleEndian(_header.AsSpan(8));
        var count = BinaryPrimitives.ReadInt32LittleEndian(_header.AsSpan(12));
        if (mark != Mark || gather != _gather || sender != rank || count != values.Length)
        {
            throw new InvalidDataException(
                $"A tensor-parallel peer sent gather {gather}, rank {sender}, {count} values; expected gather {_gather}, rank {rank}, {values.Length} values.");
        }
        ReceiveAll(peer.Socket, MemoryMarshal.AsBytes(values));
    }

    private static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
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

    private sealed record Peer(Socket Socket, int[] Ranks);
}
