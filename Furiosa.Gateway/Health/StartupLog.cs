using Furiosa.Actors.Hosting;

namespace Furiosa.Gateway.Health;

/// <summary>One phase of the start, as far as it has come.</summary>
/// <param name="Phase">Which.</param>
/// <param name="Message">The last thing said of it.</param>
/// <param name="Fraction">How much of it is done, from 0 to 1.</param>
/// <param name="Took">How long it has taken so far.</param>
/// <param name="IsDone">Whether it has ended.</param>
internal sealed record StartedPhase(StartupPhase Phase, string Message, double Fraction, TimeSpan Took, bool IsDone);

/// <summary>Remembers the phases of the start and how long each took, for probes and the console. Thread-safe.</summary>
internal sealed class StartupLog(TimeProvider clock) : IProgress<StartupProgress>
{
    private readonly Lock _lock = new();
    private readonly List<(StartupProgress Last, long Began, long? Ended)> _phases = [];
    private readonly long _began = clock.GetTimestamp();
    private long? _ended;

    /// <summary>When it began.</summary>
    public DateTimeOffset BeganAt { get; } = clock.GetUtcNow();

    /// <summary>How long the start has taken so far, or took.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_began, _ended ?? clock.GetTimestamp());

    public void Report(StartupProgress value)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (_phases.Count > 0 && _phases[^1].Last.Phase == value.Phase)
            {
                _phases[^1] = _phases[^1] with { Last = value };
                return;
            }
            End(now);
            _phases.Add((value, now, null));
        }
    }

    /// <summary>Requests are served now.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            _ended = clock.GetTimestamp();
            End(_ended.Value);
        }
    }

    /// <summary>The phases that have begun, in order.</summary>
    public IReadOnlyList<StartedPhase> Phases()
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            return [.. _phases.Select(phase => new StartedPhase(
                phase.Last.Phase, phase.Last.Message, phase.Last.Fraction, clock.GetElapsedTime(phase.Began, phase.Ended ?? now), phase.Ended is not null))];
        }
    }

    private void End(long now)
    {
        if (_phases.Count > 0 && _phases[^1].Ended is null) _phases[^1] = _phases[^1] with { Ended = now };
    }
}
