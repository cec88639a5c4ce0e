using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// A step under way: what the scheduler remembers of it, and the arrays that its batch lists. All of it is used again for another step, but
/// only once this one has come back: until then the device reads them.
/// </summary>
internal sealed class PlannedStep
{
    public long StepId { get; set; }

    /// <summary>Input ids.</summary>
    public StepColumn<int> Tokens { get; } = new();

    /// <summary>The sequences' parts.</summary>
    public StepColumn<SequenceSlice> Slices { get; } = new();

    /// <summary>What is read from the logits: as many answers must come back.</summary>
    public StepColumn<RowSample> Samples { get; } = new();

    /// <summary>Blocks to copy first.</summary>
    public StepColumn<BlockCopy> Copies { get; } = new();

    /// <summary>What each slice stands for here, in their order.</summary>
    public List<PlannedSlice> Parts { get; } = [];

    /// <summary>Where the last stage puts its answers.</summary>
    public SampleAnswer[] AnswerRoom { get; private set; } = [];

    /// <summary>Makes sure of room for every answer.</summary>
    public void MakeRoom()
    {
        if (AnswerRoom.Length < Samples.Count) AnswerRoom = new SampleAnswer[Math.Max(Samples.Count, 2 * AnswerRoom.Length)];
    }

    /// <summary>Forgets the step, but for the older elements of its arrays, which the next one writes over.</summary>
    public void Clear()
    {
        Tokens.Clear();
        Slices.Clear();
        Samples.Clear();
        Copies.Clear();
        Parts.Clear();
    }
}

/// <summary>One sequence's part of a step. Its answers stand together: scores of the prompt first, then the pooled sum, then the draws.</summary>
internal readonly record struct PlannedSlice(Sequence Sequence, int Count, int FirstAnswer, int ScoreCount, int PoolCount, int DrawCount);
