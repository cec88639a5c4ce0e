namespace Furiosa.Device.Execution;

/// <summary>
/// One forward pass over a flat batch: some tokens of some sequences, prefill and decode mixed. Its lists lie in a few flat arrays, which
/// whoever made it uses again when the step has come back; until then nobody writes into them.
/// </summary>
public sealed class StepBatch
{
    /// <summary>Number of this step within its replica's epoch, ascending.</summary>
    public required long StepId { get; init; }

    /// <summary>Input ids of all slices, one slice after another; shape [rows].</summary>
    public required StepRows<int> TokenIds { get; init; }

    /// <summary>The slices; their counts add up to the number of rows.</summary>
    public required StepRows<SequenceSlice> Slices { get; init; }

    /// <summary>What the last stage is to read from the logits, in any order of rows; several may name the same row.</summary>
    public required StepRows<RowSample> Samples { get; init; }

    /// <summary>Blocks to copy, in order, before the pass (copy on write of shared blocks).</summary>
    public required StepRows<BlockCopy> Copies { get; init; }

    /// <summary>Names of the traces that the step belongs to; whoever runs it only passes them on.</summary>
    public IReadOnlyList<string> Traces { get; init; } = [];

    /// <summary>Room for the answers, at least one for each sample, where whoever made the batch gives it; else the last stage makes its own.</summary>
    public SampleAnswer[]? AnswerRoom { get; init; }
}

/// <summary>Consecutive tokens of one sequence in a step.</summary>
/// <param name="SequenceId">Names the sequence in faults and logs.</param>
/// <param name="FirstPosition">Absolute position of the slice's first token.</param>
/// <param name="Count">Number of tokens.</param>
/// <param name="Blocks">
/// Block table: the KV block of every 16 positions from 0 to the slice's end; what stands behind is not looked at. Whoever made the batch
/// writes into it only while no step with the sequence is under way.
/// </param>
public readonly record struct SequenceSlice(long SequenceId, int FirstPosition, int Count, int[] Blocks)
{
    /// <summary>Where the layers that keep a state find and leave it; nowhere for a model without such layers.</summary>
    public SliceStates States { get; init; } = SliceStates.None;

    /// <summary>Entries of the block table that the slice needs.</summary>
    public int BlockCount => (int)(((long)FirstPosition + Count + 15) / 16);
}

/// <summary>
/// The slots of the replica's states that a slice reads and writes, for models with layers that keep one (<see cref="Models.RecurrentConfig"/>). A slot has
/// what such a layer keeps of a sequence after some number of positions; the same slot number counts on every layer and PE.
/// </summary>
/// <param name="From">Holds the state after the positions before the slice; -1 where the slice begins at position 0, with a state of zeros.</param>
/// <param name="To">Takes the state after the slice. May be <paramref name="From"/>. -1 for none.</param>
/// <param name="MarkedRows">Takes the state after so many of the slice's rows into <paramref name="Mark"/> as well: below the slice's count; 0 for none.</param>
/// <param name="Mark">The slot for that, not one of the other two; -1 for none.</param>
public readonly record struct SliceStates(int From, int To, int MarkedRows, int Mark)
{
    /// <summary>For a model that keeps no states.</summary>
    public static SliceStates None { get; } = new(-1, -1, 0, -1);
}

/// <summary>Copies the keys and values of one whole block to another, on every layer.</summary>
/// <param name="Source">Block read.</param>
/// <param name="Destination">Block written.</param>
public readonly record struct BlockCopy(int Source, int Destination);
