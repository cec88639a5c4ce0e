using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Replicas;

/// <summary>Sends what the scheduler made to the gateways that own the requests: one message for each gateway, however many requests.</summary>
internal sealed class OutputRouter(int replica)
{
    private readonly Dictionary<string, IActorRef> _owners = [];
    private readonly Dictionary<IActorRef, ImmutableArray<RequestOutput>.Builder> _perGateway = [];

    public void SetOwner(string requestId, IActorRef gateway) => _owners[requestId] = gateway;

    public void Forget(string requestId) => _owners.Remove(requestId);

    /// <summary>Requests of one gateway.</summary>
    public List<string> OwnedBy(IActorRef gateway) => [.. _owners.Where(pair => pair.Value.Equals(gateway)).Select(pair => pair.Key)];

    /// <summary>Sends and clears the outputs.</summary>
    public void Flush(List<SchedulerOutput> outputs, long epoch, ReplicaLoad load, IActorRef sender)
    {
        if (outputs.Count == 0) return;
        foreach (var output in outputs)
        {
            if (!_owners.TryGetValue(output.RequestId, out var owner)) continue;
            if (!_perGateway.TryGetValue(owner, out var builder)) _perGateway.Add(owner, builder = ImmutableArray.CreateBuilder<RequestOutput>());
            builder.Add(new(output.RequestId, output.Event));
            if (RequestStream.IsTerminal(output.Event)) _owners.Remove(output.RequestId);
        }
        outputs.Clear();
        foreach (var (gateway, builder) in _perGateway)
        {
            if (builder.Count > 0) gateway.Tell(new StepOutput(replica, epoch, builder.ToImmutable(), load), sender);
            builder.Clear();
        }
    }

    /// <summary>Ends every request with the same failure: the scheduler that knew them is lost.</summary>
    public void FailAll(GenerationFailed reason, long epoch, ReplicaLoad load, IActorRef sender) =>
        Flush([.. _owners.Keys.Select(id => new SchedulerOutput(id, reason))], epoch, load, sender);
}
