using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Counts how often a group died while it computed for a request. From the first death to its next token the request is a suspect, and
/// computed alone; at the third death it is given up.
/// </summary>
internal sealed class FaultTally(SchedulerState state)
{
    /// <summary>Deaths without a token in between that a request may cause.</summary>
    public const int MaxDeaths = 3;

    /// <summary>How a request ends that has killed too many groups.</summary>
    public static GenerationFailed Quarantine(string fault) => new(
        FailureKind.ComputeFault, $"The compute group died {MaxDeaths} times in a row under this request, which is given up: {fault}");

    private readonly HashSet<RequestState> _hit = [];

    /// <summary>Notes a death: who was being computed, and who has had too many.</summary>
    public void Note(IEnumerable<PlannedStep> underWay, string fault)
    {
        _hit.Clear();
        foreach (var step in underWay)
        {
            foreach (var slice in step.Parts)
            {
                if (slice.Sequence.Phase != SequencePhase.Ended) _hit.Add(slice.Sequence.Request);
            }
        }
        foreach (var request in _hit)
        {
            request.NoteDeath();
            state.Emit(request, new GroupDiedUnder(request.Deaths));
            if (request.Deaths < MaxDeaths) continue;
            state.Drop(request);
            state.Emit(request, Quarantine(fault));
        }
        _hit.Clear();
    }
}
