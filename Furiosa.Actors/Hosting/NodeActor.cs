using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>Hosts the replicas of this process. A replica whose scheduler fails is started again, unless it fails all the time.</summary>
internal sealed class NodeActor : ReceiveActor
{
    private readonly ImmutableArray<ReplicaSettings> _replicas;
    private readonly IModelHost _host;
    private readonly IActorRef _gateway;
    private readonly IProgress<string>? _progress;

    public NodeActor(ImmutableArray<ReplicaSettings> replicas, IModelHost host, IActorRef gateway, IProgress<string>? progress)
    {
        (_replicas, _host, _gateway, _progress) = (replicas, host, gateway, progress);
    }

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(maxNrOfRetries: 5, withinTimeRange: TimeSpan.FromMinutes(1), _ => Directive.Restart);

    protected override void PreStart()
    {
        foreach (var settings in _replicas)
        {
            var subscribers = new Subscribers();
            var replica = Context.ActorOf(
                Props.Create(() => new ReplicaActor(settings, _host, subscribers, _progress)), $"replica-{settings.Index}");
            _gateway.Tell(new ReplicaJoined(settings.Index, replica));
        }
    }
}
