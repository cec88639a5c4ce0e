using System.Runtime.InteropServices;
using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Archive;

/// <summary>The door to the archive of this node.</summary>
internal sealed class RequestArchive(IActorRef archive) : IRequestArchive
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public Task KeepAsync(string id, byte[] record) =>
        archive.Ask<RecordKept>(new ArchiveRecord(id, ImmutableCollectionsMarshal.AsImmutableArray(record)), Patience);

    public async Task<byte[]?> FindAsync(string id)
    {
        var found = await archive.Ask<RecordFound>(new LookUpRecord(id), Patience).ConfigureAwait(false);
        return found.Record.IsEmpty ? null : [.. found.Record];
    }
}
