using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>Both recurrences against plain loops, to the bit.</summary>
[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class ScanKernelTests(KernelLevel level)
{
    private const int Guard = 24; // floats before and behind what is written, of which none may change

    private static readonly int[] Sizes = [1, 3, 16, 17, 64, 80, 128];

    private readonly KernelSet _kernels = KernelSet.For(level);

    [Test]
    public void Scan_OddSizes_EqualsPlainLoops([Values] bool delta, [ValueSource(nameof(Sizes))] int headDim)
    {
        foreach (int stateDim in Sizes)
        {
            foreach (int count in new[] { 0, 1, 2, 5 })
            {
                var given = new Given(delta, stateDim, headDim, count, TestValues.Floats);

                Run(given, [count]).AssertEqual(Twin(given), given);
            }
        }
    }

    [Test]
    public void Scan_StrangeNumbers_EqualsPlainLoops([Values] bool delta, [Values(1, 2, 7)] int count, [Values(16, 97, 150)] int headDim, [Values] bool calm)
    {
        // Of many strange numbers every sum is NaN; where only the state has them, columns differ.
        for (int seed = 0; seed < 5; seed++)
        {
            int own = 100 * seed;
            var given = new Given(delta, 5, headDim, count, (s, n) => calm && s != Given.StateSeed ? TestValues.Floats(s + own, n) : TestValues.Strange(s + own, n));

            Run(given, [count]).AssertEqual(Twin(given), given);
        }
    }

    [Test]
    public void Scan_DenormalsAndZeros_EqualsPlainLoops([Values] bool delta, [Values(2, 9)] int count)
    {
        float[] few = [0f, -0f, float.Epsilon, -float.Epsilon, 1e-40f, -1e-39f, 1.1754944e-38f, 0.5f, -1f, 1e-20f];
        var given = new Given(delta, 9, 81, count, (seed, n) => [.. Enumerable.Range(0, n).Select(i => few[(i * 7 + i / 10 + seed) % few.Length])]);

        Run(given, [count]).AssertEqual(Twin(given), given);
    }

    [Test]
    public void Scan_InSeveralCalls_EqualsOne(
        [Values] bool delta, [Values(17, 128)] int stateDim, [Values(17, 64, 80, 128)] int headDim)
    {
        var given = new Given(delta, stateDim, headDim, 23, TestValues.Floats);
        Result expected = Twin(given);

        foreach (int[] calls in new int[][] { [23], [1, 22], [8, 15], [3, 4, 5, 0, 11], [22, 1], [.. Enumerable.Repeat(1, 23)] }) Run(given, calls).AssertEqual(expected, given);
    }

    [Test]
    public void Scan_ColumnsApart_EqualsThemTogether([Values] bool delta)
    {
        var whole = new Given(delta, 20, 80, 6, TestValues.Floats);
        Result together = Run(whole, [6]);
        foreach (var (first, count) in new[] { (0, 33), (33, 47) })
        {
            Result apart = Run(whole.Columns(first, count), [6]);
            for (int i = 0; i < 20; i++) Bits.AssertEqual(apart.State.AsSpan(Guard + i * count, count), together.State.AsSpan(Guard + i * 80 + first, count), $"state {i}");
            for (int row = 0; row < 6; row++) Bits.AssertEqual(apart.Output(row, count), together.Output(row, 80)[first..(first + count)], $"row {row}");
        }
    }

    [Test]
    public void Scan_LargestState_EqualsPlainLoops([Values] bool delta)
    {
        var given = new Given(delta, ScanRows.MostStateDim, 49, 3, TestValues.Floats);

        Run(given, [3]).AssertEqual(Twin(given), given);
    }

    [Test]
    public void ScanDelta_LargerState_IsRefused() => Assert.That(
        () => Run(new Given(true, ScanRows.MostStateDim + 1, 1, 1, TestValues.Floats), [1]), Throws.TypeOf<ArgumentOutOfRangeException>());

    private Result Run(Given given, int[] calls)
    {
        Result result = given.Start();
        fixed (float* inputs = given.Inputs, decays = given.Decays, gains = given.Gains, state = result.State, outputs = result.Outputs)
        {
            int done = 0;
            foreach (int count in calls)
            {
                float* first = inputs + done * Given.Stride;
                var rows = new ScanRows
                {
                    Count = count, StateDim = given.StateDim, HeadDim = given.HeadDim, Stride = Given.Stride,
                    Queries = first, Keys = first + given.KeyStart, Values = first + given.ValueStart,
                    Decays = decays + done * Given.NumberStride, Gains = gains + done * Given.NumberStride, NumberStride = Given.NumberStride,
                    Outputs = outputs + Guard + done * Result.Stride(given.HeadDim), OutputStride = Result.Stride(given.HeadDim),
                };
                if (given.Delta) _kernels.ScanDelta(rows, state + Guard);
                else _kernels.ScanStateSpace(rows, state + Guard);
                done += count;
            }
        }

        return result;
    }

    private static Result Twin(Given given)
    {
        Result result = given.Start();
        for (int row = 0; row < given.Count; row++)
        {
            ReadOnlySpan<float> inputs = given.Inputs.AsSpan(row * Given.Stride), keys = inputs[given.KeyStart..], values = inputs[given.ValueStart..];
            float decay = given.Decays[row * Given.NumberStride], gain = given.Gains[row * Given.NumberStride];
            for (int j = 0; j < given.HeadDim; j++)
            {
                Span<float> s = result.State.AsSpan(Guard + j);
                float update = gain * values[j], y = 0;
                if (given.Delta)
                {
                    float read = 0;
                    for (int i = 0; i < given.StateDim; i++) read = MathF.FusedMultiplyAdd(keys[i], s[i * given.HeadDim] * decay, read);
                    update = (values[j] - read) * gain;
                }

                for (int i = 0; i < given.StateDim; i++)
                {
                    float decayed = s[i * given.HeadDim] * decay;
                    s[i * given.HeadDim] = MathF.FusedMultiplyAdd(keys[i], update, decayed);
                    y = MathF.FusedMultiplyAdd(inputs[i], s[i * given.HeadDim], y);
                }

                result.Output(row, given.HeadDim)[j] = y;
            }
        }

        return result;
    }

    /// <summary>What a head is given: queries, keys and values beside those of others, and numbers beside those of other heads.</summary>
    private sealed record Given(bool Delta, int StateDim, int HeadDim, int Count, Func<int, int, float[]> Some)
    {
        public const int Stride = 2 * ScanRows.MostStateDim + 200, NumberStride = 3, StateSeed = 4;

        public int KeyStart => StateDim + 5;

        public int ValueStart { get; init; } = 2 * StateDim + 7;

        public float[] Inputs { get; } = Some(1, Count * Stride);

        // Decays below one, as models have them, so that states stay in range; of what is strange, as it is.
        public float[] Decays { get; } = [.. Some(2, Count * NumberStride).Select(x => x < 4 && x > -4 ? MathF.Abs(x) / 4 : x)];

        public float[] Gains { get; } = Some(3, Count * NumberStride);

        private float[] State { get; init; } = Some(StateSeed, StateDim * HeadDim);

        public Result Start()
        {
            var outputs = new float[2 * Guard + Count * Result.Stride(HeadDim)];
            outputs.AsSpan().Fill(7);
            return new([.. Enumerable.Repeat(7f, Guard), .. State, .. Enumerable.Repeat(7f, Guard)], outputs);
        }

        public Given Columns(int first, int count) => this with
        {
            HeadDim = count, ValueStart = ValueStart + first,
            State = [.. Enumerable.Range(0, StateDim).SelectMany(i => State.Skip(i * HeadDim + first).Take(count))],
        };
    }

    private sealed record Result(float[] State, float[] Outputs)
    {
        public static int Stride(int headDim) => headDim + Guard;

        public Span<float> Output(int row, int headDim) => Outputs.AsSpan(Guard + row * Stride(headDim), headDim);

        public void AssertEqual(Result expected, Given given)
        {
            Bits.AssertEqual(Outputs, expected.Outputs, $"outputs and what is around them, {given.Count} rows, state {given.StateDim} by {given.HeadDim}");
            Bits.AssertEqual(State, expected.State, $"state and what is around it, {given.Count} rows, {given.StateDim} by {given.HeadDim}");
        }
    }
}
