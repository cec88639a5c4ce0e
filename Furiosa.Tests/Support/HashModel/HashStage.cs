using Furiosa.Device.Execution;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>
/// One stage of a model made of hashes, with a paged cache of its own. The first stage's state at a position depends on the cached
/// states of all positions before; later stages pass it on, but spoil it when their own cache does not hold the same past. So a block
/// that is lost, shared wrongly or stale changes the output. The output does not depend on the number of stages. Where the cache has slots for states
/// each position is computed from a state alone, which must be that of the same past.
/// </summary>
internal sealed class HashStage(CacheSize size, bool isFirst, bool isLast)
{
    private const int Width = 8;
    private readonly ulong[] _cells = new ulong[size.Blocks * 16];
    private readonly HashStates? _states = size.States == 0 ? null : new HashStates(size.States);

    public (HiddenStates? Hidden, StepResult? Result) Run(StepBatch batch, HiddenStates? input)
    {
        foreach (var copy in batch.Copies) Array.Copy(_cells, copy.Source * 16, _cells, copy.Destination * 16, 16);
        var states = new ulong[batch.TokenIds.Length];
        var sums = new ulong[batch.TokenIds.Length];
        var positions = new int[batch.TokenIds.Length];
        var row = 0;
        foreach (var slice in batch.Slices)
        {
            var carried = 0UL;
            if (_states is null) Assert.That(slice.States, Is.EqualTo(SliceStates.None));
            else carried = _states.Read(slice, SumBefore(slice, slice.FirstPosition));
            for (var position = slice.FirstPosition; position < slice.FirstPosition + slice.Count; position++, row++)
            {
                var before = _states is null ? SumBefore(slice, position) : carried;
                var state = isFirst ? HashMath.State(before, position, batch.TokenIds[row]) : Received(input!, row, 0);
                if (!isFirst && Received(input!, row, 4) != before) state = HashMath.Mix(state, before);
                Cell(slice, position) = state;
                carried += state;
                _states?.Write(slice, position + 1, carried);
                (states[row], sums[row], positions[row]) = (state, before, position);
            }
        }
        _states?.EndStep();
        input?.Dispose();
        if (row != states.Length) throw new InvalidOperationException("The slices do not add up to the rows.");
        return isLast ? (null, Answers(batch, states, positions)) : (Pass(states, sums), null);
    }

    private static StepResult Answers(StepBatch batch, ulong[] states, int[] positions)
    {
        var answers = batch.AnswerRoom ?? new SampleAnswer[batch.Samples.Length];
        for (var i = 0; i < batch.Samples.Length; i++)
            answers[i] = HashSampler.Answer(batch.Samples[i], states[batch.Samples[i].Row], positions[batch.Samples[i].Row]);
        return new(batch.StepId, new(answers, batch.Samples.Length));
    }

    private ulong SumBefore(in SequenceSlice slice, int position)
    {
        var sum = 0UL;
        for (var past = 0; past < position; past++) sum += Cell(slice, past);
        return sum;
    }

    private ref ulong Cell(SequenceSlice slice, int position) => ref _cells[(slice.Blocks[position / 16] * 16) + (position % 16)];

    private static HiddenStates Pass(ulong[] states, ulong[] sums)
    {
        var hidden = new HiddenStates(states.Length, Width);
        for (var row = 0; row < states.Length; row++)
        {
            for (var part = 0; part < 4; part++)
            {
                hidden.Values[(row * Width) + part] = (states[row] >> (16 * part)) & 0xFFFF;
                hidden.Values[(row * Width) + 4 + part] = (sums[row] >> (16 * part)) & 0xFFFF;
            }
        }
        return hidden;
    }

    private static ulong Received(HiddenStates input, int row, int from)
    {
        var value = 0UL;
        for (var part = 0; part < 4; part++) value |= (ulong)input.Values[(row * Width) + from + part] << (16 * part);
        return value;
    }
}
