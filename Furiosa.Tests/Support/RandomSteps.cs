using Furiosa.Device.Execution;

namespace Furiosa.Tests.Support;

/// <summary>Steps of sequences that come, go on, jump back, change their blocks and their requests, and go, as random takes them.</summary>
internal sealed class RandomSteps(Random random)
{
    private readonly List<Sequence> _sequences = [];
    private readonly AnyValue _any = new(random);
    private long _step;
    private long _lastId;

    public StepBatch Next()
    {
        while (_sequences.Count < 3 || random.Next(4) == 0) _sequences.Add(new Sequence { Id = ++_lastId });
        if (random.Next(8) == 0) _sequences.RemoveAt(random.Next(_sequences.Count));
        var (tokens, slices, samples) = (new List<int>(), new List<SequenceSlice>(), new List<RowSample>());
        foreach (var sequence in _sequences.Where(_ => random.Next(3) > 0))
        {
            var slice = sequence.Advance(random);
            slices.Add(slice);
            for (var draws = random.Next(10) == 0 ? random.Next(4) : 1; draws > 0; draws--)
            {
                if (sequence.Request is null || random.Next(8) == 0) sequence.Request = (SampleRequest)_any.Of(typeof(SampleRequest));
                var generated = sequence.Generated(random);
                samples.Add(new RowSample(tokens.Count + slice.Count - 1, sequence.Request, generated, generated?.Length ?? 0));
            }
            for (var i = 0; i < slice.Count; i++) tokens.Add(random.Next(1 << random.Next(1, 20)));
        }
        if (random.Next(5) == 0) samples.Reverse();
        return new StepBatch
        {
            StepId = ++_step, TokenIds = tokens.ToArray(), Slices = slices.ToArray(), Samples = samples.ToArray(),
            Copies = (BlockCopy[])_any.Of(typeof(BlockCopy[])), Traces = (string[])_any.Of(typeof(string[])),
        };
    }

    /// <summary>All that a step says; of block tables what it needs.</summary>
    public static string Describe(StepBatch batch) => AnyValue.Describe(new object[]
    {
        batch.StepId, batch.TokenIds.ToArray(), batch.Slices.Select(slice => slice with { Blocks = slice.Blocks[..slice.BlockCount] }).ToArray(),
        batch.Samples.Select(sample => sample.Row).ToArray(), batch.Samples.Select(sample => sample.Request).ToArray(),
        batch.Samples.Select(sample => sample.GeneratedIds.ToArray()).ToArray(), batch.Copies.ToArray(), batch.Traces,
    });

    private sealed class Sequence
    {
        private readonly List<int> _ids = [];
        private int[] _blocks = [];
        private int _next;
        private SliceStates _states = SliceStates.None;

        public required long Id { get; init; }

        public SampleRequest? Request { get; set; }

        public SequenceSlice Advance(Random random)
        {
            if (random.Next(20) == 0) _next = random.Next(_next + 1);
            var count = random.Next(3) == 0 ? random.Next(1, 50) : 1;
            var slice = new SequenceSlice(Id, _next, count, []);
            // Never written again: what was passed by reference is compared later.
            _blocks = [.. _blocks, .. Enumerable.Range(0, Math.Max(0, slice.BlockCount - _blocks.Length)).Select(_ => random.Next(1000))];
            if (_blocks.Length > 0 && random.Next(10) == 0) _blocks[random.Next(_blocks.Length)] = random.Next(1000);
            _next += count;
            if (random.Next(4) == 0) _states = States(random, count);
            var states = _states;
            _states = new(states.To, states.To, 0, -1);
            return slice with { Blocks = _blocks, States = states };
        }

        private static SliceStates States(Random random, int count)
        {
            var slots = Enumerable.Range(-1, 300).ToArray();
            random.Shuffle(slots);
            var (from, to, marked) = (slots[0], slots[random.Next(2)], random.Next(count));
            return new(from, to, marked, marked == 0 ? -1 : Math.Max(slots[2], slots[3]));
        }

        public int[]? Generated(Random random)
        {
            if (random.Next(3) == 0) return null;
            if (random.Next(10) == 0) _ids.RemoveRange(_ids.Count / 2, _ids.Count - _ids.Count / 2);
            if (_ids.Count > 0 && random.Next(10) == 0) _ids[random.Next(_ids.Count)] = random.Next(1000);
            _ids.Add(random.Next(1000));
            return _ids.ToArray();
        }
    }
}
