using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Observation;

/// <summary>Gathers what a replica and its stages count, and says when a report of it is due.</summary>
internal sealed class ReplicaWatch(IWithTimers actor, Scheduler scheduler, ReplicaSettings settings)
{
    private readonly StepMeter _meter = new();
    // Of a stage that spans nodes each of these tells; in one order, since what is shown of such a stage is what its first node says.
    private readonly SortedDictionary<(int Stage, string Node), StageWork> _stages = [];
    private DueReport? _due;

    // An actor has its timers only once it is made.
    private DueReport Due => _due ??= new DueReport(actor.Timers);

    /// <summary>A step sets out.</summary>
    public StepBatch Begin(StepBatch step)
    {
        _meter.Begin(step.TokenIds.Length);
        Due.Note();
        return step;
    }

    /// <summary>A step came back.</summary>
    public void End()
    {
        _meter.End();
        Due.Note();
    }

    /// <summary>The group died; another will count from nothing.</summary>
    public void Restart()
    {
        _meter.Drop();
        _stages.Clear();
    }

    public void Take(StageReport report, long epoch)
    {
        if (report.Epoch != epoch || (uint)report.Work.Stage >= (uint)settings.Stages.Length) return;
        _stages[(report.Work.Stage, report.Work.Node)] = report.Work;
        Due.Note();
    }

    public ReplicaReport Report(long epoch)
    {
        Due.Clear();
        var counters = _meter.Read(scheduler.PrefixQueries, scheduler.PrefixHits, scheduler.Preemptions, settings.Scheduler.BlockCount);
        return new(settings.Index, epoch, counters with { Drafts = scheduler.Drafts }, [.. _stages.Values]);
    }
}
