using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Counts how often a group died by what may be a request's doing. A step that fails counts for every request in it; a process that ends
/// counts only for one that was computed alone, since processes end for many reasons. From the first such death to its next token a request
/// is a suspect, and computed alone; at the third it is given up.
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
    public void Note(IEnumerable<PlannedStep> underWay, string fault, GroupDeath death)
    {
        // Also those that have ended since: the step was theirs.
        foreach (var step in underWay)
        {
            foreach (var slice in step.Parts) _hit.Add(slice.Sequence.Request);
        }
        var counts = death == GroupDeath.Fault || (death == GroupDeath.Lost && _hit.Count == 1);
        foreach (var request in _hit.Where(state.Has))
        {
            if (death != GroupDeath.Gone) request.NoteDeath(counts);
            state.Emit(request, new GroupDiedUnder(request.Deaths, request.IsSuspect));
            if (request.Deaths < MaxDeaths) continue;
            state.Drop(request);
            state.Emit(request, Quarantine(fault));
        }
        _hit.Clear();
    }
}
