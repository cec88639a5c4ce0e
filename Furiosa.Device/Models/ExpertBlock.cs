using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// The feed-forward block of a layer with experts. Each token's router logits choose its experts, ties the lower index; a chunk of the
/// output is the sum over them in ascending order of weight times the expert's own chunk, and the chunks are added as the rule's tree.
/// So neither the batch nor the split of the widths over PEs shows.
/// </summary>
internal sealed unsafe class ExpertBlock
{
    private readonly ForwardContext _context;
    private readonly LayerShared _shared;
    private readonly ExpertConfig _experts;
    private readonly ExpertBuffers _buffers;
    private readonly FfnShard[][] _shards;
    private readonly PanelGroup[][] _up;
    private readonly PanelGroup[] _down;
    private readonly List<GateItem> _gateItems = [];

    public ExpertBlock(ForwardContext context, int layer)
    {
        (_context, _shared, _buffers, _experts) = (context, context.Stage.Shared[layer], context.Buffers.Experts!, context.Stage.Config.Experts!);
        _shards = [.. context.Stage.Pes.Select(pe => pe.Layers[layer].Experts)];
        foreach (var shard in _shards.SelectMany(experts => experts)) shard.RequirePanels();
        _up = [.. Enumerable.Range(0, _experts.Total).Select(expert => PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].Experts[expert].Up))];
        _down = PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].Experts[0].Down);
    }

    private ModelConfig Config => _context.Stage.Config;

    private int Rows => _context.Plan.RowCount;

    private int Slots => Rows * _experts.Used;

    public int RowItems() => RowRange.BlocksOf(Rows, RowRange.LightRows);

    /// <summary>Logits, experts and weights of some rows.</summary>
    public void Route(int worker, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, Rows);
        var input = _context.Buffers.NormedInput;
        float* logits = _buffers.Logits + (nint)rows.First * _buffers.LogitStride;
        _context.Kernels.Linear(_shared.Router!, 0, _shared.Router!.PanelCount, input.Row(rows.First), input.Stride, rows.Count, logits, _buffers.LogitStride);
        for (int row = rows.First; row < rows.First + rows.Count; row++, logits += _buffers.LogitStride)
        {
            int first = row * _experts.Used;
            ExpertRouter.Choose(new(logits, _experts.Total), new(_shared.RouterCorrections, _experts.Correction ? _experts.Count : 0), _experts, _buffers.Chosen.AsSpan(first, _experts.Used), _buffers.Weights.AsSpan(first, _experts.Used));
        }
    }

    /// <summary>Sorts rows by experts and lists what there is to compute: one item.</summary>
    public void Order(int worker, int item)
    {
        _buffers.Order(Rows);
        _gateItems.Clear();
        for (int expert = 0; expert < _experts.Total; expert++)
        {
            for (int slot = _buffers.First[expert]; slot < _buffers.First[expert + 1]; slot += RowRange.ProductRows)
            {
                int count = Math.Min(RowRange.ProductRows, _buffers.First[expert + 1] - slot);
                foreach (var group in _up[expert]) _gateItems.Add(new GateItem(expert, slot, count, group));
            }
        }
    }

    public int SlotItems() => RowRange.BlocksOf(Slots, RowRange.LightRows);

    /// <summary>Copies rows, as products read them, to their slots.</summary>
    public void Gather(int worker, int item)
    {
        var slots = RowRange.Of(item, RowRange.LightRows, Slots);
        var input = _context.Buffers.NormedInput;
        for (int slot = slots.First; slot < slots.First + slots.Count; slot++)
        {
            int row = _buffers.RowOf[slot];
            byte* source = input.Layout is null ? (byte*)input.Row(row) : input.QuantizedRow(row);
            if (_experts.ScalesInput)
            {
                GatherScaled(worker, slot, row);
                continue;
            }

            int bytes = input.Layout is null ? Config.HiddenSize * sizeof(float) : input.Layout.RowBytes;
            Buffer.MemoryCopy(source, _buffers.Input(slot), bytes, bytes);
        }
    }

    private void GatherScaled(int worker, int slot, int row)
    {
        var input = _context.Buffers.NormedInput;
        float* scaled = input.Layout is null ? (float*)_buffers.Input(slot) : _context.Buffers.Scratch(worker);
        new Span<float>(scaled, Config.HiddenSize).Clear();
        _context.Kernels.AddScaled(scaled, input.Row(row), _buffers.WeightOf[slot], Config.HiddenSize);
        if (input.Layout is not null) _context.Kernels.Quantize(input.Layout, scaled, _buffers.Input(slot));
    }

    public int GateItems() => _gateItems.Count;

    /// <summary>f(gate) * up for some columns of some slots of one expert.</summary>
    public void Gate(int worker, int item)
    {
        var (expert, slot, count, group) = _gateItems[item];
        var shard = _shards[group.Pe.Index][expert];
        int first = group.First * PackedMatrix.PanelColumns, columns = group.Count * PackedMatrix.PanelColumns;
        float* up = shard.Gate is null ? null : _context.Buffers.Scratch(worker);

        // As in a dense block, what is quantised at once is read by nobody else.
        var layout = shard.Down.Layout;
        float* target = layout is null ? _buffers.Ffn(slot) + group.Pe.ExpertOffset + first : _context.Buffers.Scratch(worker) + count * columns;
        int stride = layout is null ? _buffers.FfnStride : columns;
        Multiply(shard.Gate ?? shard.Up, group, slot, count, target, stride);
        if (up is not null) Multiply(shard.Up, group, slot, count, up, columns);
        for (int i = 0; i < count; i++, target += stride)
        {
            _context.Kernels.Activate(Config.Activation, target, up is null ? null : up + i * columns, columns, Config.ActivationLimit);
            if (layout is not null) _context.Kernels.QuantizeColumns(layout, target, first, columns, QuantizedSlot(group.Pe, slot + i));
        }
    }

    public int DownItems() => RowRange.BlocksOf(Rows, ExpertBuffers.DownRows) * _down.Length;

    /// <summary>Some columns of one PE's partial sums, over its own part of every expert's width.</summary>
    public void Down(int worker, int item)
    {
        var group = _down[item % _down.Length];
        var rows = RowRange.Of(item / _down.Length, ExpertBuffers.DownRows, Rows);
        var shards = _shards[group.Pe.Index];
        int chunks = shards[0].Down.ChunkCount, width = PackedMatrix.PanelColumns;
        nint chunkStride = rows.Count * width;
        float* totals = _context.Buffers.Scratch(worker), sums = totals + chunks * chunkStride;
        float* target = _context.Partial(group, rows.First);
        for (int panel = group.First; panel < group.First + group.Count; panel++, target += width)
        {
            new Span<float>(totals, (int)(chunks * chunkStride)).Clear();
            for (int expert = 0; expert < _experts.Total; expert++)
            {
                int slot = _buffers.SlotFrom(expert, rows.First), end = _buffers.SlotFrom(expert, rows.First + rows.Count);
                for (; slot < end; slot += RowRange.ProductRows)
                {
                    int count = Math.Min(RowRange.ProductRows, end - slot);
                    DownChunks(shards[expert].Down, panel, group.Pe, slot, count, sums);
                    for (int i = 0; i < count; i++)
                    {
                        float* total = totals + (_buffers.RowOf[slot + i] - rows.First) * width;
                        for (int c = 0; c < chunks; c++) _context.Kernels.AddWeighted(total + c * chunkStride, sums + (c * count + i) * width, _experts.ScalesInput ? 1 : _buffers.WeightOf[slot + i]);
                    }
                }
            }

            for (int row = 0; row < rows.Count; row++)
                _context.Kernels.ChunkTree(totals + row * width, chunks, chunkStride, target + (nint)row * _context.Buffers.HiddenStride);
        }
    }

    /// <summary>The biases of a row's experts, weighted: added once, after the sum over PEs.</summary>
    /// <returns>False where experts have none.</returns>
    public bool TryBias(int row, float* bias)
    {
        if (_shared.ExpertBias is null) return false;
        int stride = LayerShared.Padded(Config.HiddenSize);
        new Span<float>(bias, stride).Clear();
        for (int i = row * _experts.Used; i < (row + 1) * _experts.Used; i++)
            _context.Kernels.AddScaled(bias, _shared.ExpertBias + _buffers.Chosen[i] * stride, _buffers.Weights[i], Config.HiddenSize);
        return true;
    }

    private void Multiply(PackedMatrix matrix, PanelGroup group, int slot, int count, float* y, nint stride)
    {
        if (matrix.Layout is null)
            _context.Kernels.Linear(matrix, group.First, group.Count, (float*)_buffers.Input(slot), _buffers.InputStride / sizeof(float), count, y, stride);
        else
            _context.Kernels.QuantizedLinear(matrix, group.First, group.Count, _buffers.Input(slot), _buffers.InputStride, count, y, stride);
    }

    private void DownChunks(PackedMatrix matrix, int panel, StagePe pe, int slot, int count, float* sums)
    {
        bool quantized = matrix.Layout is not null;
        byte* input = quantized ? QuantizedSlot(pe, slot) : (byte*)(_buffers.Ffn(slot) + pe.ExpertOffset);
        _context.Kernels.LinearChunks(matrix, panel, input, quantized ? _buffers.QuantizedStride(pe.Index) : _buffers.FfnStride * sizeof(float), count, sums);
    }

    private byte* QuantizedSlot(StagePe pe, int slot) => _buffers.Quantized[pe.Index] + (nint)slot * _buffers.QuantizedStride(pe.Index);

    private readonly record struct GateItem(int Expert, int Slot, int Count, PanelGroup Group);
}
