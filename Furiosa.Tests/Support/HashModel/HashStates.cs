using Furiosa.Device.Execution;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>
/// The slots of states of one stage of the hash model, each with how many positions it is after. Nothing is written before a step ends, so slices may
/// be computed in any order; two that write one slot, or one that writes what another reads, are an error, and so is a state of another past.
/// </summary>
internal sealed class HashStates(int count)
{
    private readonly (int Positions, ulong Sum)[] _slots = new (int, ulong)[count];
    private readonly Dictionary<int, (int Positions, ulong Sum)> _written = [];
    private readonly HashSet<int> _readByOthers = [];
    private readonly Dictionary<int, long> _writers = [];

    /// <summary>The state before a slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="expected">What it must be.</param>
    public ulong Read(in SequenceSlice slice, ulong expected)
    {
        var (from, to, marked, mark) = slice.States;
        Claim(slice, to);
        if (marked != 0)
        {
            if (marked < 0 || marked >= slice.Count || mark == from || mark == to) throw new InvalidOperationException($"{slice} has a mark that cannot be.");
            Claim(slice, mark);
        }
        else if (mark != -1)
        {
            throw new InvalidOperationException($"{slice} names a slot for a mark that it has not.");
        }
        if (from != to && from >= 0) _readByOthers.Add(from);
        if (from == -1)
        {
            if (slice.FirstPosition != 0) throw new InvalidOperationException($"{slice} goes on from no state.");
            return 0;
        }
        if (slice.FirstPosition == 0) throw new InvalidOperationException($"{slice} begins with a state.");
        var (positions, sum) = _slots[from];
        if (positions != slice.FirstPosition || sum != expected) throw new InvalidOperationException($"{slice} reads a state after {positions} positions, or of another past.");
        return sum;
    }

    /// <summary>Notes the state after so many positions, where the slice leaves it.</summary>
    public void Write(in SequenceSlice slice, int positions, ulong sum)
    {
        if (slice.States.MarkedRows == positions - slice.FirstPosition) _written[slice.States.Mark] = (positions, sum);
        if (positions == slice.FirstPosition + slice.Count) _written[slice.States.To] = (positions, sum);
    }

    /// <summary>All slices are computed.</summary>
    public void EndStep()
    {
        foreach (var (slot, state) in _written)
        {
            if (_readByOthers.Contains(slot)) throw new InvalidOperationException($"Slot {slot} is written while another slice reads it.");
            _slots[slot] = state;
        }
        _written.Clear();
        _readByOthers.Clear();
        _writers.Clear();
    }

    private void Claim(in SequenceSlice slice, int slot)
    {
        if ((uint)slot >= (uint)count) throw new InvalidOperationException($"{slice} writes slot {slot} of {count}.");
        if (!_writers.TryAdd(slot, slice.SequenceId)) throw new InvalidOperationException($"Slot {slot} is written by sequences {_writers[slot]} and {slice.SequenceId}.");
    }
}
