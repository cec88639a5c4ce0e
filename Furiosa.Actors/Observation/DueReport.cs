using Akka.Actor;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Observation;

/// <summary>
/// Reports now and then while something happens, and once after it: an actor notes each change, and is told
/// <see cref="ReportDue"/> a moment after the first of them. Nothing is sent while nothing happens.
/// </summary>
internal sealed class DueReport(ITimerScheduler timers)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private bool _isDue;

    /// <summary>Something has changed.</summary>
    public void Note()
    {
        if (_isDue) return;
        _isDue = true;
        timers.StartSingleTimer(nameof(ReportDue), ReportDue.Instance, Interval);
    }

    /// <summary>The report is made; the next change is worth another.</summary>
    public void Clear() => _isDue = false;

    internal sealed record ReportDue : ILocalMessage
    {
        public static ReportDue Instance { get; } = new();
    }
}
