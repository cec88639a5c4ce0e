using System.Diagnostics;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Observation;

/// <summary>
/// Spans of stages and PEs, for requests that are traced: their prefill and first tokens, which bounds their number. Nothing is made and
/// nothing is allocated while nobody listens.
/// </summary>
public static class RuntimeTracing
{
    /// <summary>The name to listen for.</summary>
    public const string SourceName = "Furiosa.Runtime";

    /// <summary>Tokens after which a sequence's steps are traced no more.</summary>
    internal const int TracedTokens = 3;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>When a step begins at a stage; null where nobody wants to know.</summary>
    internal static DateTime? Begin(StepBatch batch) => batch.Traces.Count > 0 && Source.HasListeners() ? DateTime.UtcNow : null;

    /// <summary>A stage has finished a step: one span for each traced request in it, with one for each PE below.</summary>
    internal static void End(StagePlacement placement, StepBatch batch, DateTime? began, string? fault)
    {
        if (began is not { } start) return;
        var end = DateTime.UtcNow;
        foreach (var trace in batch.Traces)
        {
            if (!ActivityContext.TryParse(trace, null, isRemote: true, out var parent)) continue;
            using var stage = Start($"stage {placement.Stage}", parent, start);
            if (stage is null) continue;
            stage.SetTag("furiosa.replica", placement.Replica);
            stage.SetTag("furiosa.stage", placement.Stage);
            stage.SetTag("furiosa.step", batch.StepId);
            stage.SetTag("furiosa.step.tokens", batch.TokenIds.Length);
            stage.SetTag("furiosa.step.sequences", batch.Slices.Length);
            if (fault is not null) stage.SetStatus(ActivityStatusCode.Error, fault);
            foreach (var rank in placement.LocalRanks)
            {
                using var pe = Start($"pe {placement.Pes[rank]}", stage.Context, start);
                pe?.SetTag("furiosa.pe", placement.Pes[rank].ToString());
                pe?.SetTag("furiosa.pe.rank", rank);
                pe?.SetEndTime(end);
            }
            stage.SetEndTime(end);
        }
    }

    private static Activity? Start(string name, ActivityContext parent, DateTime start) => Source.StartActivity(name, ActivityKind.Internal, parent, startTime: start);
}
