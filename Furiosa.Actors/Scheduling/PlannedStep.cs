namespace Furiosa.Actors.Scheduling;

/// <summary>What the scheduler remembers of a step under way.</summary>
internal sealed class PlannedStep
{
    public long StepId { get; set; }

    /// <summary>Number of answers that the step must have.</summary>
    public int AnswerCount { get; set; }

    public List<PlannedSlice> Slices { get; } = [];
}

/// <summary>One sequence's part of a step. Its answers stand together: scores of the prompt first, then the pooled sum, then the draws.</summary>
internal readonly record struct PlannedSlice(Sequence Sequence, int Count, int FirstAnswer, int ScoreCount, int PoolCount, int DrawCount);
