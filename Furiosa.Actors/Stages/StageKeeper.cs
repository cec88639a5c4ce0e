using Akka.Actor;
using Akka.Event;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Stages;

/// <summary>
/// Gives a stage's group back when the stage ends, which has not ended before that: whoever waits for its end finds the memory free. It is on
/// the default dispatcher, since it waits for what is being computed, which must not be on a thread that is to compute it.
/// </summary>
internal sealed class StageKeeper(StageSettings settings, Task<IStageGroup> making) : UntypedActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();

    protected override void OnReceive(object message) => Unhandled(message);

    protected override void PostStop()
    {
        // Also of a group still being made, which must not outlive the model it is made from. A step that never ends is let go: its
        // group is of no use, but others are.
        try
        {
            var group = making.GetAwaiter().GetResult();
            if (!Task.Run(group.Dispose).Wait(settings.LongestStop)) _log.Error("Stage {Stage} still computes after {Seconds} s and is left alone", settings.Placement.Stage, settings.LongestStop.TotalSeconds);
        }
        catch (Exception fault)
        {
            _log.Debug("Stage {Stage} had nothing to give back: {Fault}", settings.Placement.Stage, fault.Message);
        }
    }
}
