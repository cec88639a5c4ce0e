using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Counts how often a group died while it computed for a request. After the second death without a new token the request is a suspect,
/// and suspects are tried one at a time; at the third it is given up.
/// </summary>
internal sealed class FaultTally(SchedulerState state)
{
    /// <summary>Deaths without a token in between that a request may cause.</summary>
    public const int MaxDeaths = 3;

    private readonly HashSet<RequestState> _hit = [];

    /// <summary>Notes a death: who was being computed, and who has had too many.</summary>
    public void Note(IEnumerable<PlannedStep> underWay, string fault)
    {
        _hit.Clear();
        foreach (var step in underWay)
        {
            foreach (var slice in step.Slices)
            {
                if (slice.Sequence.Phase != SequencePhase.Ended) _hit.Add(slice.Sequence.Request);
            }
        }
        foreach (var request in _hit)
        {
            if (++request.Deaths < MaxDeaths) continue;
            state.Drop(request);
            state.Emit(request, new GenerationFailed(FailureKind.ComputeFault, $"The compute group died {MaxDeaths} times under this request: {fault}"));
        }
        _hit.Clear();
    }
}
