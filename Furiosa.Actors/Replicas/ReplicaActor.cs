using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Replicas;

/// <summary>
/// One replica: owns the scheduler and the loop Schedule -> Execute -> Apply. It never waits: steps under way come back as messages, and
/// between them aborts and new requests are taken. When a part of the group dies the whole group is stopped and made anew under a new
/// epoch, and every sequence is computed again.
/// </summary>
internal sealed class ReplicaActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ReplicaSettings _settings;
    private readonly Scheduler _scheduler;
    private readonly Subscribers _subscribers;
    private readonly OutputRouter _outputs;
    private readonly StageGroupRunner _stages;
    private readonly BackOff _backOff;
    private ReplicaState _state = ReplicaState.Loading;
    private bool _isDraining;
    private string? _reason;
    private long _epoch;
    private ReplicaLoad? _toldIdleLoad;

    public ReplicaActor(ReplicaSettings settings, IModelHost host, Subscribers subscribers, IProgress<string>? progress)
    {
        _settings = settings;
        _subscribers = subscribers;
        _scheduler = new Scheduler(settings.Scheduler);
        _outputs = new OutputRouter(settings.Index);
        _stages = new StageGroupRunner(settings, host, progress);
        _backOff = new BackOff(settings);
        Loading();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => StartGroup();

    /// <summary>A group dies as a whole: no member of it is restarted.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new AllForOneStrategy(fault =>
    {
        _log.Error(fault, "A stage of replica {Replica} failed", _settings.Index);
        return Directive.Stop;
    });

    protected override void PreRestart(Exception reason, object message)
    {
        FailAll(FailureKind.ComputeFault, $"The replica's scheduler failed and was started again: {reason.Message}");
        base.PreRestart(reason, message);
    }

    protected override void PostStop() => FailAll(FailureKind.Unavailable, "The replica was stopped.");

    private ReplicaLoad Load =>
        new(_scheduler.StartedCount, _scheduler.RequestCount - _scheduler.StartedCount, _scheduler.FreeBlocks, _scheduler.CachedBlocks);

    private void Loading()
    {
        ReceiveRequests();
        Receive<StageReady>(ready =>
        {
            if (ready.Epoch != _epoch || !_stages.Add(ready)) return;
            _subscribers.Tell(new ReplicaPlaced(_settings.Index, _epoch, _stages.Footprints), Self);
            _reason = null;
            _subscribers.HasServed = true;
            Become(Serving);
            Announce(_isDraining ? ReplicaState.Draining : ReplicaState.Serving);
            Pump();
        });
        Receive<StageFailed>(failed =>
        {
            if (failed.Epoch != _epoch) return;
            GroupDied(failed.Reason);
        });
        Receive<StepFaulted>(faulted =>
        {
            if (faulted.Epoch == _epoch) GroupDied(faulted.Reason);
        });
        Receive<Terminated>(message => Ended(message.ActorRef));
        Receive<StartAgain>(_ => StartGroup());
        Receive<StepCompleted>(_ => { });
    }

    private void Serving()
    {
        ReceiveRequests();
        Receive<StepCompleted>(completed =>
        {
            if (completed.Epoch != _epoch) return;
            try
            {
                _scheduler.Apply(completed.Result);
            }
            catch (InvalidDataException fault)
            {
                GroupDied(fault.Message);
                return;
            }
            _backOff.Succeeded();
            Pump();
        });
        Receive<StepFaulted>(faulted =>
        {
            if (faulted.Epoch == _epoch) GroupDied(faulted.Reason);
        });
        Receive<Terminated>(message => Ended(message.ActorRef));
        Receive<StageReady>(_ => { });
    }

    private void ReceiveRequests()
    {
        Receive<SubmitRequest>(Submit);
        Receive<AbortRequest>(abort =>
        {
            _outputs.Forget(abort.RequestId);
            _scheduler.Abort(abort.RequestId);
            Pump();
        });
        Receive<FinishRequestChoice>(finish =>
        {
            _scheduler.FinishChoice(finish.RequestId, finish.Choice);
            Pump();
        });
        Receive<SubscribeToReplica>(_ =>
        {
            _subscribers.Add(Sender);
            Context.Watch(Sender);
            if (_stages.IsComplete) Sender.Tell(new ReplicaPlaced(_settings.Index, _epoch, _stages.Footprints));
            Sender.Tell(Status());
        });
        Receive<DrainReplica>(_ =>
        {
            _isDraining = true;
            if (_state == ReplicaState.Serving) Announce(ReplicaState.Draining);
        });
    }

    private void Submit(SubmitRequest message)
    {
        var id = message.Request.RequestId;
        if (_isDraining || _state == ReplicaState.Failed)
        {
            var refusal = new GenerationFailed(FailureKind.Unavailable, _reason ?? "The server is shutting down.");
            Sender.Tell(new StepOutput(_settings.Index, _epoch, [new(id, refusal)], Load));
            return;
        }
        _outputs.SetOwner(id, Sender);
        _scheduler.Submit(message.Request);
        Pump();
    }

    /// <summary>Starts what steps can be started, then tells what is new: computing goes on while gateways read.</summary>
    private void Pump()
    {
        if (_stages.IsComplete)
        {
            while (_scheduler.Schedule() is { } batch) _stages.First.Tell(new RunStage(_epoch, new StageStep(batch, null)));
        }
        _outputs.Flush(_scheduler.Outputs, _epoch, Load, Self);
        // What ends without an output (an abort, the step that it left under way) gives blocks back of which nothing tells while idle.
        ReplicaLoad? idleLoad = _scheduler.RequestCount > 0 ? null : Load;
        if (idleLoad == _toldIdleLoad) return;
        _toldIdleLoad = idleLoad;
        if (idleLoad is null) return;
        _subscribers.Tell(Status(), Self);
    }

    private void StartGroup()
    {
        _epoch = _subscribers.NextEpoch();
        _stages.Start(Context, _epoch);
    }

    private void GroupDied(string reason)
    {
        if (_subscribers.HasServed) _log.Warning("The group of replica {Replica} died and is made again: {Reason}", _settings.Index, reason);
        _reason = reason;
        _epoch = _subscribers.NextEpoch();
        _scheduler.Restart(reason);
        _stages.StopAll(Context);
        Become(Loading);
        Announce(ReplicaState.Loading);
        Pump();
        if (_stages.IsEmpty) Retry();
    }

    private void Ended(IActorRef actor)
    {
        if (!_stages.Remove(actor)) GatewayGone(actor);
        else if (!_stages.IsStopping) GroupDied("a stage ended");
        else if (_stages.IsEmpty) Retry();
    }

    /// <summary>All of the dead group is gone: its memory is free.</summary>
    private void Retry()
    {
        // What fails the first time is a matter of configuration: trying again would only hide it.
        if (_subscribers.HasServed && _backOff.Next() is { } wait)
        {
            Timers.StartSingleTimer(nameof(StartAgain), StartAgain.Instance, wait);
            return;
        }
        FailAll(FailureKind.ComputeFault, $"The replica cannot be started: {_reason}");
        Announce(ReplicaState.Failed);
    }

    private void GatewayGone(IActorRef gateway)
    {
        _subscribers.Remove(gateway);
        foreach (var id in _outputs.OwnedBy(gateway))
        {
            _outputs.Forget(id);
            _scheduler.Abort(id);
        }
        Pump();
    }

    private void FailAll(FailureKind kind, string reason)
    {
        _outputs.FailAll(new GenerationFailed(kind, reason), _epoch, Load, Self);
        foreach (var id in _scheduler.RequestIds.ToList()) _scheduler.Abort(id);
    }

    private void Announce(ReplicaState state)
    {
        _state = state;
        _subscribers.Tell(Status(), Self);
    }

    private ReplicaStatus Status() => new(_settings.Index, _epoch, _state, _reason, Load);

    private sealed record StartAgain : ILocalMessage
    {
        public static StartAgain Instance { get; } = new();
    }
}
