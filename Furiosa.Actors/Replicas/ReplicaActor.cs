using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Serialization;
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
    private readonly GatewaySessions _sessions;
    private readonly OutputRouter _outputs;
    private readonly StageGroupRunner _stages;
    private readonly BackOff _backOff;
    private readonly PartCollector _parts = new();
    private readonly ReplicaWatch _watch;
    private ReplicaState _state = ReplicaState.Loading;
    private string? _reason;
    private string? _submitted;
    private long _epoch;
    private ReplicaLoad? _toldIdleLoad;
    private long _lastStepAt;

    public ReplicaActor(ReplicaSettings settings, IModelHost host, GatewaySessions sessions, IProgress<string>? progress)
    {
        _settings = settings;
        _sessions = sessions;
        _scheduler = new Scheduler(settings.Scheduler);
        _outputs = new OutputRouter(settings.Index);
        _stages = new StageGroupRunner(settings, host, progress);
        _backOff = new BackOff(settings);
        _watch = new ReplicaWatch(this, _scheduler, settings);
        Loading();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(LookAround), LookAround.Instance, _settings.Pace);
        StartGroup();
    }

    /// <summary>A group dies as a whole: no member of it is restarted.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new AllForOneStrategy(fault =>
    {
        _log.Error(fault, "A stage of replica {Replica} failed", _settings.Index);
        return Directive.Stop;
    });

    protected override void PreRestart(Exception reason, object message)
    {
        // The one that the scheduler could not even take would only bring down the next one.
        if (_submitted is { } id) _scheduler.Outputs.Add(new(id, new GenerationFailed(FailureKind.ComputeFault, $"The request could not be scheduled: {reason.Message}")));
        TellOutputs();
        EndAll(new GenerationInterrupted($"the replica's scheduler failed and was started again: {reason.Message}", IsFault: true));
        _sessions.Tell(mark => new ReplicaStatus(_settings.Index, _epoch, mark, ReplicaState.Loading, reason.Message, Load), Self);
        base.PreRestart(reason, message);
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not MessagePart part) return base.AroundReceive(receive, message);
        return _parts.Add(Sender, part) is not { } whole || base.AroundReceive(receive, whole);
    }

    protected override void PostStop()
    {
        _stages.StopAll(Context);
        EndAll(new GenerationInterrupted("the replica was stopped", IsFault: false));
    }

    private ReplicaLoad Load => new(_scheduler.StartedCount, _scheduler.RequestCount - _scheduler.StartedCount, _scheduler.FreeBlocks, _scheduler.CachedBlocks, _scheduler.States);

    private void Loading()
    {
        ReceiveRequests();
        Receive<StageReady>(ready =>
        {
            if (ready.Epoch != _epoch || !_stages.Add(ready)) return;
            _sessions.Tell(mark => new ReplicaPlaced(_settings.Index, _epoch, mark, _stages.Footprints), Self);
            _reason = null;
            _sessions.HasServed = true;
            Become(Serving);
            Announce(_sessions.IsDraining ? ReplicaState.Draining : ReplicaState.Serving);
            Pump();
        });
        Receive<StageFailed>(failed =>
        {
            if (failed.Epoch == _epoch) GroupDied(failed.Reason, GroupDeath.Gone);
        });
        Receive<EpochIsOver>(over => over.Epoch == _epoch, over => GroupDied(over.Reason, GroupDeath.Gone, over.Known));
        Receive<Terminated>(message => Ended(message.ActorRef));
        Receive<GroupOpened>(opened => _stages.Opened(Context, opened));
        Receive<GroupConnected>(connected => _stages.Connected(Context, connected));
        Receive<StartAgain>(_ => StartGroup());
        Receive<StepCompleted>(_ => { });
    }

    private void Serving()
    {
        ReceiveRequests();
        Receive<StepCompleted>(completed =>
        {
            if (completed.Epoch != _epoch) return;
            _watch.End();
            try
            {
                _scheduler.Apply(completed.Result);
            }
            catch (InvalidDataException fault)
            {
                GroupDied(fault.Message, GroupDeath.Fault);
                return;
            }
            _backOff.Succeeded();
            _lastStepAt = Environment.TickCount64;
            Pump();
        });
        Receive<Terminated>(message => Ended(message.ActorRef));
        Receive<StageReady>(_ => { });
    }

    private void ReceiveRequests()
    {
        // Messages before this one were lost: the gateway begins again with another session.
        Receive<ISessionMessage>(IsLost, _ => Dismiss(Sender));
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
        Receive<SubscribeToReplica>(Subscribe);
        Receive<DrainReplica>(_ =>
        {
            _sessions.IsDraining = true;
            if (_state == ReplicaState.Serving) Announce(ReplicaState.Draining);
        });
        Receive<UndrainReplica>(_ =>
        {
            _sessions.IsDraining = false;
            if (_state == ReplicaState.Draining) Announce(ReplicaState.Serving);
        });
        Receive<NodeLost>(lost =>
        {
            foreach (var gateway in _sessions.At(lost.Address)) Dismiss(gateway);
            // What a node said last before its connection broke may be lost, and while it loads nothing else tells of that.
            if ((lost.HasEnded || lost.IsGone) && !_stages.IsComplete && _stages.Awaits(lost.Address)) GroupDied($"a node of the group was lost while it was loaded: {lost.Reason}", GroupDeath.Gone);
        });
        Receive<LookAround>(_ => LookAtSteps());
        Receive<StepFaulted>(faulted =>
        {
            if (faulted.Epoch == _epoch) GroupDied(faulted.Reason, faulted.Death);
        });
        Receive<StageReport>(report => _watch.Take(report, _epoch));
        Receive<DueReport.ReportDue>(_ => _sessions.TellUnmarked(_watch.Report(_epoch), Self));
    }

    private void Submit(SubmitRequest message)
    {
        var id = message.Request.RequestId;
        // While draining it takes what was under way when its gateways heard of it: they move it on.
        if (_state == ReplicaState.Failed)
        {
            var refusal = new GenerationFailed(FailureKind.Unavailable, _reason ?? "The replica has failed.");
            Sender.Tell(new StepOutput(_settings.Index, _epoch, _sessions.Find(Sender)!.Next(), [new(id, refusal)], Load));
            return;
        }
        _outputs.SetOwner(id, _sessions.Find(Sender)!);
        _submitted = id;
        _scheduler.Submit(message.Request);
        _submitted = null;
        Pump();
    }

    /// <summary>Starts what steps can be started, then tells what is new: computing goes on while gateways read.</summary>
    private void Pump()
    {
        if (_stages.IsComplete)
        {
            if (_scheduler.UnderWayCount == 0) _lastStepAt = Environment.TickCount64;
            while (_scheduler.Schedule() is { } batch)
            {
                // Before the step that might end this process.
                if (_scheduler.Outputs is [.., { Event: ComputedAlone }]) TellOutputs();
                _stages.Run(_watch.Begin(batch));
            }
        }
        TellOutputs();
        // What ends without an output (an abort, the step that it left under way) gives blocks back of which nothing tells while idle.
        ReplicaLoad? idleLoad = _scheduler.RequestCount > 0 ? null : Load;
        if (idleLoad is not null && idleLoad != _toldIdleLoad) _sessions.Tell(Status, Self);
        _toldIdleLoad = idleLoad;
    }

    private void TellOutputs() => _outputs.Flush(_scheduler.Outputs, _epoch, Load, Self);

    private void StartGroup() => _stages.Start(Context, _epoch = _sessions.NextEpoch());

    private void GroupDied(string reason, GroupDeath death, long known = 0)
    {
        if (_sessions.HasServed) _log.Warning("The group of replica {Replica} died and is made again: {Reason}", _settings.Index, reason);
        _reason = reason;
        _epoch = _sessions.NextEpoch(above: known);
        _scheduler.Restart(reason, death);
        _watch.Restart();
        _stages.StopAll(Context);
        Become(Loading);
        Announce(ReplicaState.Loading);
        Pump();
        if (_stages.IsEmpty) Retry();
    }

    private void Ended(IActorRef actor)
    {
        if (!_stages.Remove(actor)) Dismiss(actor);
        // Of another node's processes the data connections tell.
        else if (!_stages.IsStopping) GroupDied("a stage ended", actor.Path.Address.HasLocalScope ? GroupDeath.Fault : GroupDeath.Gone);
        else if (_stages.IsEmpty) Retry();
    }

    /// <summary>All of the dead group is gone: its memory is free.</summary>
    private void Retry()
    {
        // What fails the first time in one process is a matter of configuration: trying again would only hide it.
        if ((_sessions.HasServed || _settings.IsSpread) && _backOff.Next() is { } wait)
        {
            Timers.StartSingleTimer(nameof(StartAgain), StartAgain.Instance, wait);
            return;
        }
        Announce(ReplicaState.Failed);
        EndAll(new GenerationInterrupted($"the replica cannot be started: {_reason}", IsFault: false));
    }

    private void GatewayGone(IActorRef gateway)
    {
        _sessions.Close(gateway);
        foreach (var id in _outputs.Close(gateway)) _scheduler.Abort(id);
        Pump();
    }

    private void EndAll(GenerationEvent what)
    {
        _outputs.TellAll(what, _epoch, Load, Self);
        foreach (var id in _scheduler.RequestIds.ToList()) _scheduler.Abort(id);
    }

    private void Announce(ReplicaState state)
    {
        _state = state;
        TellOutputs(); // at the news gateways take requests elsewhere, with what a death had to do with each
        _sessions.Tell(Status, Self);
    }

    private ReplicaStatus Status(SessionMark mark) => new(_settings.Index, _epoch, mark, _state, _reason, Load);

    private void Subscribe(SubscribeToReplica message)
    {
        GatewayGone(Sender);
        var session = _sessions.Open(Sender, message.Session);
        Context.Watch(Sender);
        if (_stages.IsComplete) Sender.Tell(new ReplicaPlaced(_settings.Index, _epoch, session.Next(), _stages.Footprints));
        Sender.Tell(Status(session.Next()));
    }

    private bool IsLost(ISessionMessage message) => _sessions.Take(Sender, message) is null;

    /// <summary>Ends a gateway's session. Should it live after all it learns of that, and begins another.</summary>
    private void Dismiss(IActorRef gateway)
    {
        if (_sessions.Find(gateway) is { } session) gateway.Tell(Status(session.Broken));
        GatewayGone(gateway);
    }

    private void LookAtSteps()
    {
        if (_settings.ReportInterval > TimeSpan.Zero) _sessions.Tell(Status, Self);
        var silence = TimeSpan.FromMilliseconds(Environment.TickCount64 - _lastStepAt);
        if (_stages.IsComplete && _scheduler.UnderWayCount > 0 && silence > _settings.StepTimeout)
            GroupDied($"no step has come back for {silence.TotalSeconds:F1} s", GroupDeath.Fault);
    }
}
