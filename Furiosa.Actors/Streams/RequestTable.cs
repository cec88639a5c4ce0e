using System.Collections.Concurrent;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Streams;

/// <summary>
/// The streams of a process that have a reader. It outlives the gateway's actor: whatever ends that, each stream gets a terminal event.
/// </summary>
internal sealed class RequestTable
{
    private readonly ConcurrentDictionary<RequestStream, byte> _streams = new();
    private volatile GenerationFailed? _closed;
    private volatile TaskCompletionSource? _emptied;

    /// <summary>Streams whose reader has not finished.</summary>
    public int Count => _streams.Count;

    /// <summary>Notes a stream; when the table is closed it is ended at once and this is false.</summary>
    public bool TryAdd(RequestStream stream)
    {
        _streams.TryAdd(stream, 0);
        // Looked at after adding: either this sees the table closed, or closing sees the stream.
        if (_closed is not { } reason) return true;
        stream.Offer(reason);
        return false;
    }

    /// <summary>Whether a stream still has its reader.</summary>
    public bool Has(RequestStream stream) => _streams.ContainsKey(stream);

    public void Remove(RequestStream stream)
    {
        _streams.TryRemove(stream, out _);
        if (_streams.IsEmpty) _emptied?.TrySetResult();
    }

    /// <summary>Waits until no stream has a reader, or until cancelled.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancellation)
    {
        var emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _emptied = emptied;
        if (_streams.IsEmpty) return;
        await using var registration = cancellation.Register(() => emptied.TrySetResult());
        await emptied.Task.ConfigureAwait(false);
    }

    /// <summary>Ends every stream that has not ended, and all that come later.</summary>
    public void Close(GenerationFailed reason)
    {
        _closed = reason;
        foreach (var stream in _streams.Keys) stream.Offer(reason);
    }
}
