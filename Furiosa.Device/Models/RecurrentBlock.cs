using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// A layer with states. The projection makes queries, keys, values, gates and steps; these go through the convolution, row by row; then each head goes over the
/// rows of a sequence one after the other, whatever step or piece of a prompt they come in, so that the same bits come out. A PE has some heads and
/// their states, and needs nothing of another one's but, where groups of heads are normed together, their sums of squares.
/// </summary>
internal sealed unsafe class RecurrentBlock : MixingBlock
{
    private const float LengthEps = 1e-6f;
    private const float LinearFrom = 20; // from here a softplus is its argument

    private readonly RecurrentConfig _config;
    private readonly RecurrentBuffers _buffers;
    private readonly RecurrentShared _shared;
    private readonly (StagePe Pe, int Head)[] _heads;

    public RecurrentBlock(ForwardContext context, int layer)
        : base(context, layer, context.Buffers.Recurrent!.Input)
    {
        (_config, _buffers, _shared) = (context.Stage.Config.Recurrent!, context.Buffers.Recurrent, context.Stage.Shared[layer].Recurrent!);
        _heads = [.. context.Stage.Pes.SelectMany(pe => Enumerable.Range(0, pe.Share.Recurrent.HeadCount).Select(head => (pe, head)))];
    }

    /// <summary>Whether heads are normed by sums of squares of several of them, see <see cref="Norm"/>.</summary>
    public bool NormsOverHeads => _config.Gate == RecurrentGate.GateThenNorm;

    /// <inheritdoc/>
    public override bool QuantizesOutput => NormsOverHeads;

    /// <summary>The convolution of some rows' queries, keys and values of one PE, and what each head's state decays by and gains.</summary>
    public override void Store(int worker, int item)
    {
        var pe = Context.Stage.Pes[item % Context.Stage.Pes.Length];
        var rows = RowRange.Of(item / Context.Stage.Pes.Length, RowRange.LightRows, Rows);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            Convolve(pe, row);
            if (_config.Kind == RecurrentKind.GatedDelta) MakeUnits(pe, row);
            MakeNumbers(pe, row);
        }
    }

    /// <summary>Each head of each sequence, and behind them for each PE what the next step's convolution reads.</summary>
    public override int AttendItems() => Context.Plan.Batch.Slices.Length * (_heads.Length + Context.Stage.Pes.Length);

    /// <summary>One head over all rows of a sequence.</summary>
    public override void Attend(int worker, int item)
    {
        int each = _heads.Length + Context.Stage.Pes.Length, slice = item / each, part = item % each;
        if (part >= _heads.Length) KeepTail(Context.Stage.Pes[part - _heads.Length], slice);
        else Scan(_heads[part].Pe, _heads[part].Head, slice);
    }

    public int NormItems() => StoreItems();

    /// <summary>Norms groups of heads of some rows of one PE together, and quantises those rows.</summary>
    public void Norm(int worker, int item)
    {
        var pe = Context.Stage.Pes[item % Context.Stage.Pes.Length];
        var rows = RowRange.Of(item / Context.Stage.Pes.Length, RowRange.LightRows, Rows);
        int perGroup = _config.HeadCount / _config.NormGroups, width = perGroup * _config.HeadDim;
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            float* squares = _buffers.SquaresOf(row), output = _buffers.Outputs(row, pe);
            for (int head = 0; head < pe.Share.Recurrent.HeadCount; head++, output += _config.HeadDim)
            {
                int whole = pe.Share.Recurrent.FirstHead + head, first = whole / perGroup * perGroup;
                float sum = 0;
                for (int other = first; other < first + perGroup; other++) sum += squares[other];
                Context.Kernels.Scale(output, _shared.NormWeight + whole * _config.HeadDim, output, _config.HeadDim, 1f / MathF.Sqrt(sum / width + _config.NormEps));
            }

            Context.Quantize(_buffers.Input.Parts[pe.Index], row);
        }
    }

    private void Convolve(StagePe pe, int row)
    {
        var slice = Context.Plan.Batch.Slices[Context.Plan.Slices[row]];
        var share = pe.Share.Recurrent;
        int length = _config.ConvLength, width = share.ConvWidth(_config), place = Context.Plan.Positions[row] - slice.FirstPosition;
        float* tail = slice.States.From < 0 ? null : pe.States.Of(slice.States.From, Layer), mixed = _buffers.Mixed(row, pe);
        float** inputs = stackalloc float*[RecurrentConfig.MostConvLength];
        for (int k = 0; k < length; k++)
        {
            int back = length - 1 - k;
            inputs[k] = back <= place ? ProjectedOf(row - back, pe) : tail is null ? _buffers.Zeros : tail + (nint)(length - 1 + place - back) * width;
        }

        int queries = share.GroupCount * _config.StateDim, all = _config.GroupCount * _config.StateDim;
        Part(share.FirstGroup * _config.StateDim, queries);
        Part(all + share.FirstGroup * _config.StateDim, queries);
        Part(2 * all + share.FirstHead * _config.HeadDim, share.HeadCount * _config.HeadDim);

        // The channels of one kind, which stand together in the PE's rows and among all channels.
        void Part(int channel, int count)
        {
            Context.Kernels.ConvolveSilu(inputs, length, _shared.Taps + channel, _config.ConvWidth, _shared.ConvBias is null ? null : _shared.ConvBias + channel, mixed, count);
            for (int k = 0; k < length; k++) inputs[k] += inputs[k] == _buffers.Zeros ? 0 : count;
            mixed += count;
        }
    }

    /// <summary>Makes queries and keys of length one, the queries over the root of their dimension.</summary>
    private void MakeUnits(StagePe pe, int row)
    {
        float* vector = _buffers.Mixed(row, pe);
        int groups = pe.Share.Recurrent.GroupCount, dim = _config.StateDim;
        float queryScale = 1f / MathF.Sqrt(dim);
        for (int i = 0; i < 2 * groups; i++, vector += dim)
        {
            float factor = 1f / MathF.Sqrt(Context.Kernels.SquareSum(vector, dim) + LengthEps);
            if (i < groups) factor *= queryScale;
            for (int d = 0; d < dim; d++) vector[d] *= factor;
        }
    }

    private void MakeNumbers(StagePe pe, int row)
    {
        var share = pe.Share.Recurrent;
        float* steps = GatesOf(row, pe) + share.HeadCount * _config.HeadDim, betas = steps + share.HeadCount;
        float* decays = _buffers.Decays(row, pe), gains = _buffers.Gains(row, pe);
        for (int head = 0; head < share.HeadCount; head++)
        {
            int whole = share.FirstHead + head;
            float step = Math.Clamp(Softplus(steps[head] + _shared.StepBias[whole]), _config.TimeStep.Least, _config.TimeStep.Most);
            decays[head] = FloatMath.Exp(-(_shared.DecayRates[whole] * step));
            gains[head] = _config.Kind == RecurrentKind.GatedDelta ? 1f / (1f + FloatMath.Exp(-betas[head])) : step;
        }
    }

    private static float Softplus(float x) => x > LinearFrom ? x : (float)DoubleMath.Log(1 + DoubleMath.Exp(x));

    private void Scan(StagePe pe, int head, int index)
    {
        var slice = Context.Plan.Batch.Slices[index];
        var states = slice.States;
        int first = Context.Plan.SliceRow[index];
        float* state = StateOf(pe, states.To, head);
        nint floats = (nint)_config.StateDim * _config.HeadDim;
        if (states.From < 0) new Span<float>(state, (int)floats).Clear();
        else if (states.From != states.To) Copy(StateOf(pe, states.From, head), state, floats);
        Run(pe, head, first, states.MarkedRows, state);
        if (states.MarkedRows > 0) Copy(state, StateOf(pe, states.Mark, head), floats);
        Run(pe, head, first + states.MarkedRows, slice.Count - states.MarkedRows, state);
        for (int row = first; row < first + slice.Count; row++) Finish(pe, head, row);
    }

    private void Run(StagePe pe, int head, int row, int count, float* state)
    {
        if (count == 0) return;
        var share = pe.Share.Recurrent;
        float* mixed = _buffers.Mixed(row, pe);
        int group = (share.FirstHead + head) / (_config.HeadCount / _config.GroupCount) - share.FirstGroup;
        var rows = new ScanRows
        {
            Count = count, StateDim = _config.StateDim, HeadDim = _config.HeadDim, Stride = _buffers.MixedStride, NumberStride = _buffers.NumberStride, OutputStride = _buffers.OutputStride,
            Queries = mixed + group * _config.StateDim,
            Keys = mixed + (share.GroupCount + group) * _config.StateDim,
            Values = mixed + 2 * share.GroupCount * _config.StateDim + head * _config.HeadDim,
            Decays = _buffers.Decays(row, pe) + head,
            Gains = _buffers.Gains(row, pe) + head,
            Outputs = _buffers.Outputs(row, pe) + head * _config.HeadDim,
        };
        if (_config.Kind == RecurrentKind.GatedDelta) Context.Kernels.ScanDelta(rows, state);
        else Context.Kernels.ScanStateSpace(rows, state);
    }

    /// <summary>Makes a head's output of what was read from its state.</summary>
    private void Finish(StagePe pe, int head, int row)
    {
        var share = pe.Share.Recurrent;
        int dim = _config.HeadDim, whole = share.FirstHead + head;
        float* output = _buffers.Outputs(row, pe) + head * dim, gate = GatesOf(row, pe) + head * dim;
        if (_shared.Skip is not null)
        {
            float* value = _buffers.Mixed(row, pe) + 2 * share.GroupCount * _config.StateDim + head * dim;
            Context.Kernels.AddScaled(output, value, _shared.Skip[whole], dim);
        }

        if (_config.Gate == RecurrentGate.NormThenGate) Context.Kernels.RmsNorm(output, _shared.NormWeight, output, dim, _config.NormEps);
        Context.Kernels.GateSilu(gate, output, output, dim);
        if (NormsOverHeads) _buffers.SquaresOf(row)[whole] = Context.Kernels.SquareSum(output, dim);
    }

    /// <summary>Keeps what the convolution of the positions behind a slice reads of it and of what was before.</summary>
    private void KeepTail(StagePe pe, int index)
    {
        var slice = Context.Plan.Batch.Slices[index];
        if (slice.States.MarkedRows > 0) KeepTail(pe, slice.States, slice.States.Mark, slice.States.MarkedRows, Context.Plan.SliceRow[index]);
        KeepTail(pe, slice.States, slice.States.To, slice.Count, Context.Plan.SliceRow[index]);
    }

    private void KeepTail(StagePe pe, SliceStates states, int slot, int count, int firstRow)
    {
        int kept = _config.ConvLength - 1, width = pe.Share.Recurrent.ConvWidth(_config);
        float* old = states.From < 0 ? null : pe.States.Of(states.From, Layer), target = pe.States.Of(slot, Layer);
        // In ascending order: where both are the same slot, a row moves down.
        for (int i = 0; i < kept; i++, target += width)
        {
            int row = count - kept + i;
            if (row >= 0) Copy(ProjectedOf(firstRow + row, pe), target, width);
            else if (old is null) new Span<float>(target, width).Clear();
            else Copy(old + (nint)(i + count) * width, target, width);
        }
    }

    private float* StateOf(StagePe pe, int slot, int head) =>
        pe.States.Of(slot, Layer) + pe.Share.Recurrent.TailFloats(_config) + (nint)head * _config.StateDim * _config.HeadDim;

    private float* GatesOf(int row, StagePe pe) => ProjectedOf(row, pe) + pe.Share.Recurrent.ConvWidth(_config);

    private static void Copy(float* source, float* target, nint count) => Buffer.MemoryCopy(source, target, count * sizeof(float), count * sizeof(float));
}
