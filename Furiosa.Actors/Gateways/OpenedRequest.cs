using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Gateways;

/// <summary>A request that has not ended, its reader, how far it has come, and the replica that works on it.</summary>
internal sealed class OpenedRequest(GenerationRequest request, RequestStream stream, long serial)
{
    private int _attempts;

    public GenerationRequest Request { get; } = request;

    public RequestStream Stream { get; } = stream;

    /// <summary>Arrival number.</summary>
    public long Serial { get; set; } = serial;

    public RequestLog Log { get; } = new(request);

    /// <summary>The replica that works on it; null while it waits for one.</summary>
    public ReplicaView? Replica { get; private set; }

    /// <summary>Its name at that replica: another for each that it was given to, so that what an earlier one still says is nobody's.</summary>
    public string Attempt { get; private set; } = request.RequestId;

    /// <summary>Whether its first step has begun, on whichever replica.</summary>
    public bool Started { get; set; }

    /// <summary>Whether this replica has begun with it.</summary>
    public bool StartedHere { get; set; }

    /// <summary>Whether this replica computes it alone, and has not made a token of it.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Whether its group was lost and no token has come since.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>Sequences it stands for.</summary>
    public int Width => Request.Beams?.Width ?? Request.ChoiceCount;

    /// <summary>Gives it to a replica; what that is asked for.</summary>
    public GenerationRequest Begin(ReplicaView replica)
    {
        Replica = replica;
        (StartedHere, IsAlone) = (false, false);
        Attempt = _attempts++ == 0 ? Request.RequestId : $"{Request.RequestId}+{_attempts - 1}";
        replica.OwnSequences += Width;
        return Log.ToRequest(Attempt);
    }

    /// <summary>Takes it from its replica.</summary>
    public void Leave()
    {
        if (Replica is not null) Replica.OwnSequences -= Width;
        Replica = null;
    }
}
