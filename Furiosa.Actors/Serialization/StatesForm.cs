using Furiosa.Device.Execution;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of where a slice's states are, which is told only where a sequence does not go on in the slot that it last wrote.</summary>
internal static class StatesForm
{
    /// <summary>What the sequence's next slice has, unless it is told.</summary>
    public static SliceStates Next(in SliceStates last) => new(last.To, last.To, 0, -1);

    public static void Write(WireWriter writer, in SliceStates states)
    {
        writer.Int(states.From + 1);
        writer.Int(states.To + 1);
        writer.Int(states.MarkedRows);
        if (states.MarkedRows != 0) writer.Int(states.Mark);
    }

    /// <summary>The states of a slice of so many rows.</summary>
    public static SliceStates Read(WireReader reader, int rows)
    {
        var (from, to, marked) = (reader.Int() - 1, reader.Int() - 1, reader.Int());
        var mark = marked == 0 ? -1 : reader.Int();
        var isMarkGood = marked == 0 || (marked > 0 && marked < rows && mark >= 0 && mark != from && mark != to);
        if (from < -1 || to < -1 || !isMarkGood) throw reader.Malformed($"a slice of {rows} cannot go from state {from} to {to} with a mark in {mark} after {marked}");
        return new(from, to, marked, mark);
    }
}
