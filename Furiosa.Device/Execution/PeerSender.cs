using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Furiosa.Device.Execution;

/// <summary>
/// The thread that sends to one peer of a tensor-parallel group. It lives as long as the link: a step gathers twice in each layer, far
/// too often to start a thread for each.
/// </summary>
internal sealed class PeerSender : IDisposable
{
    private readonly Socket _socket;
    private readonly int[] _localRanks;
    private readonly byte[] _header = new byte[GatherFrame.HeaderBytes];
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _ended = new(0);
    private readonly Thread _thread;
    private float[][] _values = [];
    private int[] _counts = [];
    private uint _gather;
    private Exception? _fault;
    private volatile bool _isDisposed;

    public PeerSender(Socket socket, int[] localRanks)
    {
        (_socket, _localRanks) = (socket, localRanks);
        _thread = new Thread(Run) { IsBackground = true, Name = "furiosa tensor-parallel sender" };
        _thread.Start();
    }

    /// <summary>Starts to send the local ranks' values, which must stay as they are until <see cref="Wait"/> has returned.</summary>
    public void Begin(uint gather, float[][] values, int[] counts)
    {
        (_gather, _values, _counts) = (gather, values, counts);
        _begun.Release();
    }

    /// <summary>Waits until all is sent.</summary>
    /// <returns>Why it was not, or null.</returns>
    public Exception? Wait()
    {
        _ended.Wait();
        return _fault;
    }

    /// <summary>Ends the thread; the socket must have been closed.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _begun.Release();
        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            _begun.Wait();
            if (_isDisposed && _values.Length == 0)
            {
                // For one who began just now, too late to be seen.
                _fault = new ObjectDisposedException(nameof(PeerSender));
                _ended.Release();
                return;
            }
            try
            {
                Send();
                _fault = null;
            }
            catch (Exception fault)
            {
                _fault = fault;
            }
            _values = [];
            _ended.Release();
        }
    }

    private void Send()
    {
        foreach (var rank in _localRanks)
        {
            GatherFrame.Write(_header, _gather, rank, _counts[rank]);
            SendAll(_header);
            SendAll(MemoryMarshal.AsBytes(_values[rank].AsSpan(0, _counts[rank])));
        }
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }
}
