using Furiosa.Device.Execution;

namespace Furiosa.Actors.Serialization;

/// <summary>
/// Wire form of steps: what the receiver does not know from the steps before. A sequence that decodes costs its number, its token and the
/// row that is sampled; a new block, a changed request or another position is told where there is one.
/// </summary>
internal static class StepForm
{
    private const int SliceBits = 5;
    private const int SampleBits = 2;

    [Flags]
    private enum SliceParts
    {
        New = 1,
        Jump = 2,
        Several = 4,
        Replaced = 8,
        States = 16,
    }

    [Flags]
    private enum SampleParts
    {
        Request = 1,
        Generated = 2,
    }

    /// <summary>All but the hidden states' values, which come last.</summary>
    public static void WriteHead(WireWriter writer, StageStep step, StepMirror mirror)
    {
        var batch = step.Batch;
        writer.Long(batch.StepId);
        writer.Ints(batch.TokenIds.Span);
        Span<int> slots = batch.Slices.Length <= 512 ? stackalloc int[batch.Slices.Length] : new int[batch.Slices.Length];
        writer.Int(slots.Length);
        for (var i = 0; i < slots.Length; i++) slots[i] = WriteSlice(writer, batch.Slices[i], mirror);
        WriteSamples(writer, batch, slots, mirror);
        writer.List<BlockCopy>(batch.Copies.Span, static (to, copy) =>
        {
            to.Int(copy.Source);
            to.Int(copy.Destination);
        });
        writer.Int(batch.Traces.Count);
        foreach (var trace in batch.Traces) writer.Text(trace);
        writer.OptionalObject(step.Input, static (to, hidden) =>
        {
            to.Int(hidden.Rows);
            to.Int(hidden.Width);
        });
    }

    /// <summary>A whole step.</summary>
    public static StageStep Read(WireReader reader, StepMirror mirror)
    {
        var (id, tokens) = (reader.Long(), reader.Ints());
        var slices = new SequenceSlice[reader.Count(1)];
        Span<int> slots = slices.Length <= 512 ? stackalloc int[slices.Length] : new int[slices.Length];
        var rows = 0L;
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = ReadSlice(reader, mirror, out slots[i]);
            if ((rows += slices[i].Count) > tokens.Length) throw reader.Malformed("the slices have more rows than there are tokens");
        }
        var batch = new StepBatch
        {
            StepId = id, TokenIds = tokens, Slices = slices, Samples = ReadSamples(reader, slices, slots, mirror),
            Copies = reader.Array(2, static from => new BlockCopy(from.Int(), from.Int())),
            Traces = reader.Array(1, static from => from.Text()),
        };
        return new StageStep(batch, reader.OptionalObject(ReadHidden));
    }

    private static int WriteSlice(WireWriter writer, in SequenceSlice slice, StepMirror mirror)
    {
        var slot = mirror.Give(slice.SequenceId, out var isNew);
        var known = mirror.Find(slot)!;
        var blocks = slice.Blocks.AsSpan(0, slice.BlockCount);
        var common = Math.Min(known.Blocks.Length, blocks.Length);
        var isReplaced = !known.Blocks[..common].SequenceEqual(blocks[..common]);
        var movesStates = slice.States != known.States;
        var parts = (movesStates ? SliceParts.States : 0) | (isNew ? SliceParts.New : 0) | (slice.FirstPosition != known.Next ? SliceParts.Jump : 0) |
            (slice.Count != 1 ? SliceParts.Several : 0) | (isReplaced ? SliceParts.Replaced : 0);
        writer.Int((slot << SliceBits) | (int)parts);
        if (isNew) writer.Long(slice.SequenceId);
        if ((parts & SliceParts.Jump) != 0) writer.Int(slice.FirstPosition);
        if ((parts & SliceParts.Several) != 0) writer.Int(slice.Count);
        if (isReplaced) WriteReplaced(writer, known.Blocks[..common], blocks);
        foreach (var block in blocks[common..]) writer.Int(block);
        if (movesStates) StatesForm.Write(writer, slice.States);
        known.States = StatesForm.Next(slice.States);
        known.Resize(blocks.Length);
        blocks.CopyTo(known.Blocks);
        known.Next = slice.FirstPosition + slice.Count;
        return slot;
    }

    private static void WriteReplaced(WireWriter writer, ReadOnlySpan<int> known, ReadOnlySpan<int> blocks)
    {
        var count = 0;
        for (var i = 0; i < known.Length; i++) count += known[i] != blocks[i] ? 1 : 0;
        writer.Int(count);
        for (var i = 0; i < known.Length; i++)
        {
            if (known[i] == blocks[i]) continue;
            writer.Int(i);
            writer.Int(blocks[i]);
        }
    }

    private static SequenceSlice ReadSlice(WireReader reader, StepMirror mirror, out int slot)
    {
        var head = reader.Int();
        var parts = (SliceParts)(head & ((1 << SliceBits) - 1));
        slot = head >> SliceBits;
        if ((parts & SliceParts.New) != 0 && !mirror.Begin(slot, reader.Long())) throw reader.Malformed($"there is no room for a sequence {slot}");
        var known = mirror.Find(slot) ?? throw reader.Malformed($"there is no sequence {slot}");
        var first = (parts & SliceParts.Jump) != 0 ? reader.Int() : known.Next;
        var count = (parts & SliceParts.Several) != 0 ? reader.Int() : 1;
        if (first < 0 || count < 0 || first > int.MaxValue - count - 16) throw reader.Malformed($"a slice of {count} at {first} cannot be");
        var slice = new SequenceSlice(known.Id, first, count, []);
        var (old, needed) = (known.Blocks.Length, slice.BlockCount);
        if (needed > old) reader.Require(needed - old);
        known.Resize(needed);
        for (var left = (parts & SliceParts.Replaced) != 0 ? reader.Count(2) : 0; left > 0; left--)
        {
            var index = reader.Int();
            if ((uint)index >= (uint)Math.Min(old, needed)) throw reader.Malformed($"there is no block {index} to replace");
            known.Blocks[index] = reader.Int();
        }
        for (var i = old; i < needed; i++) known.Blocks[i] = reader.Int();
        var states = (parts & SliceParts.States) != 0 ? StatesForm.Read(reader, count) : known.States;
        known.States = StatesForm.Next(states);
        known.Next = first + count;
        return slice with { Blocks = known.Table, States = states };
    }

    private static void WriteSamples(WireWriter writer, StepBatch batch, ReadOnlySpan<int> slots, StepMirror mirror)
    {
        writer.Int(batch.Samples.Length);
        var owner = new RowOwner(batch.Slices.Span);
        var row = 0;
        foreach (ref readonly var sample in batch.Samples.Span)
        {
            var known = mirror.Find(slots[owner.Of(sample.Row)])!;
            var isKnown = ReferenceEquals(sample.Request, known.Request);
            var parts = (isKnown ? 0 : SampleParts.Request) | (sample.GeneratedIds.IsEmpty ? 0 : SampleParts.Generated);
            writer.Int(((sample.Row - row) << SampleBits) | (int)parts);
            if (!isKnown) SampleForm.Write(writer, known.Request = sample.Request, mirror.Grammars);
            if (!sample.GeneratedIds.IsEmpty) WriteGenerated(writer, known, sample.GeneratedIds);
            row = sample.Row;
        }
    }

    private static void WriteGenerated(WireWriter writer, KnownSequence known, ReadOnlySpan<int> ids)
    {
        var kept = known.Generated.CommonPrefixLength(ids);
        writer.Int(kept);
        writer.Ints(ids[kept..]);
        ids[kept..].CopyTo(known.Extend(kept, ids.Length - kept));
    }

    private static RowSample[] ReadSamples(WireReader reader, ReadOnlySpan<SequenceSlice> slices, ReadOnlySpan<int> slots, StepMirror mirror)
    {
        var samples = new RowSample[reader.Count(1)];
        var owner = new RowOwner(slices);
        var row = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            var head = reader.Int();
            row += head >> SampleBits;
            var slice = owner.Of(row);
            if (slice < 0) throw reader.Malformed($"no slice has row {row}");
            var (known, parts) = (mirror.Find(slots[slice])!, (SampleParts)(head & ((1 << SampleBits) - 1)));
            if ((parts & SampleParts.Request) != 0) known.Request = SampleForm.Read(reader, mirror.Grammars);
            var request = known.Request ?? throw reader.Malformed("a sample asks for nothing");
            samples[i] = (parts & SampleParts.Generated) != 0 ? ReadGenerated(reader, known, row, request) : new RowSample(row, request);
        }
        return samples;
    }

    private static RowSample ReadGenerated(WireReader reader, KnownSequence known, int row, SampleRequest request)
    {
        var kept = reader.Int();
        if ((uint)kept > (uint)known.Generated.Length) throw reader.Malformed($"there are no {kept} ids to keep");
        foreach (ref var id in known.Extend(kept, reader.Count(1))) id = reader.Int();
        return new RowSample(row, request, known.GeneratedIds, known.Generated.Length);
    }

    private static HiddenStates ReadHidden(WireReader reader)
    {
        var (rows, width) = (reader.Count(1), reader.Count(1));
        reader.Require((long)rows * width * sizeof(float));
        var hidden = new HiddenStates(rows, width);
        reader.Floats(hidden.Values);
        return hidden;
    }

    /// <summary>Finds the slices of rows that mostly ascend.</summary>
    private ref struct RowOwner(ReadOnlySpan<SequenceSlice> slices)
    {
        private readonly ReadOnlySpan<SequenceSlice> _slices = slices;
        private int _slice;
        private int _first;

        /// <summary>The slice of a row; -1 when no slice has it.</summary>
        public int Of(int row)
        {
            if (row < _first) (_slice, _first) = (0, 0);
            for (; _slice < _slices.Length; _first += _slices[_slice++].Count)
            {
                if (row >= _first && row - _first < _slices[_slice].Count) return _slice;
            }
            (_slice, _first) = (0, 0);
            return -1;
        }
    }
}
