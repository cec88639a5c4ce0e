namespace Furiosa.Tests.Support;

/// <summary>A clock of which timers go off when time has gone on that far.</summary>
internal sealed class TimerClock : ManualClock
{
    private readonly Lock _lock = new();
    private readonly List<Alarm> _alarms = [];

    private TimeSpan Now => TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    public override void Advance(TimeSpan time)
    {
        Alarm[] due;
        lock (_lock)
        {
            base.Advance(time);
            due = [.. _alarms.Where(alarm => alarm.At <= Now)];
            _alarms.RemoveAll(alarm => alarm.At <= Now);
        }
        foreach (var alarm in due) alarm.GoOff();
    }

    /// <summary>A timer that goes off once.</summary>
    private sealed class Alarm(TimerClock clock, Action goOff) : ITimer
    {
        public TimeSpan At { get; private set; }

        public void GoOff() => goOff();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._alarms.Remove(this);
                At = clock.Now + dueTime;
                if (dueTime >= TimeSpan.Zero) clock._alarms.Add(this);
            }
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock) clock._alarms.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
