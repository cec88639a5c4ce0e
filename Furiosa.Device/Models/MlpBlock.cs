using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The dense feed-forward block of one layer: down(f(gate(x)) * up(x)), or down(f(up(x))) where it has no gate.</summary>
internal sealed unsafe class MlpBlock
{
    private readonly ForwardContext _context;
    private readonly FfnShard[] _shards;
    private readonly PanelGroup[] _groups;
    private readonly float* _parameters;

    public MlpBlock(ForwardContext context, int layer)
    {
        _context = context;
        _parameters = context.Stage.Shared[layer].ActivationParameters;
        _shards = [.. context.Stage.Pes.Select(pe => pe.Layers[layer].Mlp!)];
        foreach (var shard in _shards) shard.RequirePanels();
        _groups = PanelGroup.Of(context.Stage.Pes, pe => _shards[pe.Index].Up);
        Down = new SplitProduct(context, pe => _shards[pe.Index].Down, context.Buffers.FfnInput);
    }

    /// <summary>The down product, whose inputs are the feed-forward width.</summary>
    public SplitProduct Down { get; }

    private int Rows => _context.Plan.RowCount;

    public int GateItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _groups.Length;

    /// <summary>What each group of panels of <see cref="Gate"/> reads.</summary>
    public WeightReads Reads => new(_groups.Length, group =>
        _shards[_groups[group].Pe.Index] is { Gate: { } gate } shard
            ? [_groups[group].Bytes(gate), _groups[group].Bytes(shard.Up)]
            : [_groups[group].Bytes(_shards[_groups[group].Pe.Index].Up)]);

    /// <summary>f(gate) * up for some columns.</summary>
    public void Gate(int worker, int item)
    {
        var group = _groups[item % _groups.Length];
        var rows = RowRange.Of(item / _groups.Length, RowRange.ProductRows, Rows);
        var shard = _shards[group.Pe.Index];
        var buffers = _context.Buffers;
        var input = buffers.FfnInput.Parts[group.Pe.Index];
        int first = group.First * PackedMatrix.PanelColumns, columns = group.Count * PackedMatrix.PanelColumns;
        float* up = shard.Gate is null ? null : buffers.Scratch(worker);

        // Where the result is quantised at once, nobody reads it as floats: it stays in the cache.
        float* target = input.TakesPanels ? buffers.Scratch(worker) + rows.Count * columns : input.Row(rows.First) + first;
        nint stride = input.TakesPanels ? columns : input.Stride;
        _context.Multiply(shard.Gate ?? shard.Up, group.First, group.Count, buffers.NormedInput, rows, target, stride);
        if (up is not null) _context.Multiply(shard.Up, group.First, group.Count, buffers.NormedInput, rows, up, columns);
        for (int row = 0; row < rows.Count; row++, target += stride)
        {
            _context.Kernels.Activate(
                _context.Stage.Config.Activation, target, up is null ? null : up + row * columns, columns, _context.Stage.Config.ActivationLimit, _parameters);
            if (input.TakesPanels) _context.QuantizeColumns(input, rows.First + row, target, first, columns);
        }
    }
}
