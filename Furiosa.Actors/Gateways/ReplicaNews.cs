using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Gateways;

/// <summary>Notes in the journal what becomes of replicas and of the requests that they had.</summary>
internal sealed class ReplicaNews(RuntimeBoard board)
{
    private RuntimeJournal Journal => board.Journal;

    /// <summary>A replica tells its state; to be called before it is taken over.</summary>
    public void NoteStatus(ReplicaView replica, ReplicaStatus status)
    {
        if (replica.State == status.State && replica.HasBeenTold) return;
        var wasServing = replica.State is ReplicaState.Serving or ReplicaState.Draining;
        replica.HasBeenTold = true;
        switch (status.State)
        {
            case ReplicaState.Loading when wasServing:
                replica.Recoveries++;
                Add("group_lost", $"The group of replica {replica.Index} is lost and made again: {status.Reason}", replica);
                break;
            case ReplicaState.Loading:
                Add("replica_loading", $"Replica {replica.Index} loads.", replica);
                break;
            case ReplicaState.Serving:
                Add("replica_serving", $"Replica {replica.Index} serves.", replica);
                break;
            case ReplicaState.Draining:
                Add("replica_draining", $"Replica {replica.Index} finishes what it has.", replica);
                break;
            default:
                Add("replica_failed", $"Replica {replica.Index} cannot serve: {status.Reason}", replica);
                break;
        }
    }

    /// <summary>A replica is there no more, or not to be reached.</summary>
    public void NoteLost(ReplicaView replica, string reason)
    {
        var moved = replica.OwnSequences == 0 ? "" : $", whose {replica.OwnSequences} sequences there go on elsewhere";
        Add("replica_lost", $"Replica {replica.Index} is lost to this gateway{moved}: {reason.TrimEnd('.')}.", replica);
        // When it is heard again, that is news.
        replica.HasBeenTold = false;
    }

    /// <summary>A request goes on after its group or its replica was lost.</summary>
    public void NoteResumed(OpenedRequest request, ReplicaView replica)
    {
        board.NoteResume();
        Journal.Add("request_resumed", $"A request goes on at replica {replica.Index} where it was interrupted.", replica.Index, Node(replica), request.Request.RequestId);
    }

    private void Add(string kind, string message, ReplicaView replica) => Journal.Add(kind, message, replica.Index, Node(replica));

    private static string? Node(ReplicaView replica) => replica.Node.Length == 0 ? null : replica.Node;
}
