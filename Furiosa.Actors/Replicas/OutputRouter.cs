using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Serialization;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Replicas;

/// <summary>Sends what the scheduler made to the gateways that own the requests: one message for each gateway, however many requests.</summary>
internal sealed class OutputRouter(int replica)
{
    private readonly Dictionary<string, GatewaySession> _owners = [];
    private readonly Dictionary<GatewaySession, ImmutableArray<RequestOutput>.Builder> _perGateway = [];

    public void SetOwner(string requestId, GatewaySession session) => _owners[requestId] = session;

    public void Forget(string requestId) => _owners.Remove(requestId);

    /// <summary>Forgets a session and gives the requests that it had.</summary>
    public List<string> Close(IActorRef gateway)
    {
        List<string> owned = [.. _owners.Where(pair => pair.Value.Gateway.Equals(gateway)).Select(pair => pair.Key)];
        foreach (var id in owned) _owners.Remove(id);
        foreach (var session in _perGateway.Keys.Where(session => session.Gateway.Equals(gateway)).ToList()) _perGateway.Remove(session);
        return owned;
    }

    /// <summary>Sends and clears the outputs.</summary>
    public void Flush(List<RequestOutput> outputs, long epoch, ReplicaLoad load, IActorRef sender)
    {
        if (outputs.Count == 0) return;
        foreach (var output in outputs)
        {
            if (!_owners.TryGetValue(output.RequestId, out var owner)) continue;
            if (!_perGateway.TryGetValue(owner, out var builder)) _perGateway.Add(owner, builder = ImmutableArray.CreateBuilder<RequestOutput>());
            builder.Add(output);
            if (RequestStream.IsTerminal(output.Event)) _owners.Remove(output.RequestId);
        }
        outputs.Clear();
        foreach (var (session, builder) in _perGateway)
        {
            if (builder.Count > 0) Courier.Tell(session.Gateway, new StepOutput(replica, epoch, session.Next(), builder.ToImmutable(), load), sender);
            builder.Clear();
        }
    }

    /// <summary>Gives every request back, or ends it: the scheduler that knew them is lost.</summary>
    public void TellAll(GenerationEvent what, long epoch, ReplicaLoad load, IActorRef sender)
    {
        Flush([.. _owners.Keys.Select(id => new RequestOutput(id, what))], epoch, load, sender);
        _owners.Clear();
    }
}
