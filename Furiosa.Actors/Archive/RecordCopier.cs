using Akka.Actor;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Archive;

/// <summary>What a node that has come is to be given by the others: each record once, whoever offers it.</summary>
internal sealed class RecordCopier(RecordShelf shelf)
{
    private const int MostWanted = 1 << 20;

    private readonly Queue<(string Id, IActorRef From)> _wanted = new();
    private string? _asked;

    /// <summary>Whether a record is waited for.</summary>
    public bool IsBusy => _asked is not null;

    /// <summary>Another node has a record.</summary>
    public void Want(string id, IActorRef from)
    {
        if (_wanted.Count < MostWanted && !shelf.Has(id)) _wanted.Enqueue((id, from));
    }

    /// <summary>What to ask for next, and whom; null when there is nothing left.</summary>
    public (string Id, IActorRef From)? Next()
    {
        _asked = null;
        while (_wanted.TryDequeue(out var next))
        {
            if (shelf.Has(next.Id)) continue;
            _asked = next.Id;
            return next;
        }
        return null;
    }

    /// <summary>Keeps a record that was asked for.</summary>
    /// <returns>Whether it was.</returns>
    public bool Take(RecordFound found)
    {
        if (found.Id != _asked) return false;
        if (!found.Record.IsEmpty) shelf.Keep(found.Id, found.Record);
        return true;
    }
}
