using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Pes;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Stages;

/// <summary>
/// One pipeline stage: makes its group's weights and caches, gives each step to all PEs of the group, and hands the outcome to the next
/// stage or, from the last one, to the replica. Whatever goes wrong in the group is told to the replica, which stops it as a whole. It may
/// run on a compute thread and so never waits: its end waits for that of its keeper, which gives the group back.
/// </summary>
internal sealed class StageActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly StageSettings _settings;
    private readonly Dictionary<long, StepInStage> _steps = [];
    private IActorRef[] _pes = [];
    private IStageGroup? _group;
    private DueReport? _report;

    public StageActor(StageSettings settings, IModelHost host, IProgress<string>? progress)
    {
        _settings = settings;
        var making = Task.Run(() => host.CreateStage(settings.Placement, settings.Cache, progress));
        Context.ActorOf(Props.Create(() => new StageKeeper(settings, making)), "keeper");
        making.PipeTo(Self, success: group => new GroupMade(group), failure: fault => new GroupNotMade(fault));
        Loading();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsLast => _settings.Placement.Stage == _settings.Placement.StageCount - 1;

    /// <summary>PEs are not restarted inside a live group.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new AllForOneStrategy(fault =>
    {
        _log.Error(fault, "A PE actor of stage {Stage} failed", _settings.Placement.Stage);
        return Directive.Stop;
    });

    protected override void PostStop()
    {
        foreach (var step in _steps.Values) step.Hidden?.Dispose();
    }

    private void Loading()
    {
        Receive<GroupMade>(made =>
        {
            _group = made.Group;
            _report = new DueReport(Timers);
            _pes = [.. made.Group.Pes.Select((element, index) => Start(element, _settings.Placement.LocalRanks[index]))];
            Become(Ready);
            _settings.Replica.Tell(new StageReady(
                _settings.Epoch, _settings.Placement.Stage, [.. _settings.Placement.LocalRanks], [.. made.Group.Pes.Select(element => element.Footprint)]));
        });
        Receive<GroupNotMade>(message =>
        {
            var fault = message.Fault is AggregateException { InnerException: { } inner } ? inner : message.Fault;
            _log.Debug("Stage {Stage} could not be made: {Fault}", _settings.Placement.Stage, fault);
            _settings.Replica.Tell(new StageFailed(_settings.Epoch, _settings.Placement.Stage, fault.Message));
        });
    }

    private void Ready()
    {
        Receive<RunStage>(message =>
        {
            if (message.Epoch != _settings.Epoch)
            {
                message.Step.Input?.Dispose();
                return;
            }
            _steps.Add(message.Step.Batch.StepId, new StepInStage(message.Step.Batch, _pes.Length));
            var execute = new ExecuteStep(message.Step);
            foreach (var pe in _pes) pe.Tell(execute);
        });
        Receive<StepExecuted>(Executed);
        Receive<DueReport.ReportDue>(_ =>
        {
            _report!.Clear();
            var work = StageWork.From(_group!.Times, _settings.Placement, _settings.Node);
            _settings.Replica.Tell(new StageReport(_settings.Epoch, work));
            // Its replica may be at home elsewhere: this process shows what its own elements do.
            Context.System.EventStream.Publish(new StageWorked(_settings.Placement.Replica, work));
        });
        Receive<Terminated>(message => Report($"the actor of {message.ActorRef.Path.Name} ended"));
    }

    private void Executed(StepExecuted message)
    {
        if (!_steps.TryGetValue(message.Outcome.StepId, out var step) || !step.Add(message.Outcome)) return;
        _steps.Remove(message.Outcome.StepId);
        _report!.Note();
        RuntimeTracing.End(_settings.Placement, step.Batch, step.Began, step.Fault);
        if (step.Fault is { } fault)
        {
            step.Hidden?.Dispose();
            Report(fault);
        }
        else if (!IsLast && step.Hidden is { } hidden)
        {
            _settings.Outlet.Forward(new RunStage(_settings.Epoch, new StageStep(step.Batch, hidden)));
        }
        else if (IsLast && step.Result is { } result)
        {
            _settings.Outlet.Complete(new StepCompleted(_settings.Epoch, result));
        }
        else
        {
            Report($"step {step.Batch.StepId} ended without its outcome");
        }
    }

    private void Report(string reason) => _settings.Replica.Tell(new StepFaulted(
        _settings.Epoch, _settings.Placement.Stage, reason, _settings.Outlet.Death ?? GroupDeath.Fault));

    private IActorRef Start(IProcessingElement element, int rank)
    {
        var name = $"pe-{element.Id.Device}-{element.Id.Pe}";
        return Context.Watch(Context.ActorOf(Props.Create(() => new PeActor(element, rank)).On(Context.System, ChainDispatchers.Steps), name));
    }

    private sealed record GroupMade(IStageGroup Group) : ILocalMessage;

    private sealed record GroupNotMade(Exception Fault) : ILocalMessage;
}
