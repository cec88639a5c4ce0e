using System.Runtime.InteropServices;
using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Archive;

/// <summary>The door to the archive of this node; while the node is between two clusters it waits for the next archive.</summary>
internal sealed class RequestArchive : IRequestArchive
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private volatile TaskCompletionSource<IActorRef> _archive = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on this is the archive.</summary>
    public void Attach(IActorRef archive)
    {
        if (_archive.Task.IsCompleted) Detach();
        _archive.SetResult(archive);
    }

    /// <summary>The archive ends; there will be another.</summary>
    public void Detach() => _archive = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task KeepAsync(string id, byte[] record) =>
        await AskAsync<RecordKept>(new ArchiveRecord(id, ImmutableCollectionsMarshal.AsImmutableArray(record))).ConfigureAwait(false);

    public async Task<byte[]?> FindAsync(string id)
    {
        var found = await AskAsync<RecordFound>(new LookUpRecord(id)).ConfigureAwait(false);
        return found.Record.IsEmpty ? null : [.. found.Record];
    }

    private async Task<T> AskAsync<T>(object question)
    {
        try
        {
            var archive = await _archive.Task.WaitAsync(Patience).ConfigureAwait(false);
            return await archive.Ask<T>(question, Patience).ConfigureAwait(false);
        }
        catch (AskTimeoutException late)
        {
            throw new TimeoutException("The archive of requests has not answered.", late);
        }
    }
}
