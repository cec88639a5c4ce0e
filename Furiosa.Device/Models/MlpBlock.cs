using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The dense feed-forward block of one layer: down(f(gate(x)) * up(x)), or down(f(up(x))) where it has no gate.</summary>
internal sealed unsafe class MlpBlock
{
    private readonly ForwardContext _context;
    private readonly FfnShard[] _shards;
    private readonly PanelGroup[] _groups;
    private readonly PanelGroup[] _down;

    public MlpBlock(ForwardContext context, int layer)
    {
        _context = context;
        _shards = [.. context.Stage.Pes.Select(pe => pe.Layers[layer].Mlp!)];
        _groups = PanelGroup.Of(context.Stage.Pes, pe => _shards[pe.Index].Up);
        _down = PanelGroup.Of(context.Stage.Pes, pe => _shards[pe.Index].Down);
    }

    private int Rows => _context.Plan.RowCount;

    public int GateItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _groups.Length;

    /// <summary>f(gate) * up for some columns.</summary>
    public void Gate(int worker, int item)
    {
        var group = _groups[item % _groups.Length];
        var rows = RowRange.Of(item / _groups.Length, RowRange.ProductRows, Rows);
        var shard = _shards[group.Pe.Index];
        var buffers = _context.Buffers;
        int columns = group.Count * PackedMatrix.PanelColumns;
        float* target = FfnOf(rows.First, group.Pe) + group.First * PackedMatrix.PanelColumns;
        float* up = shard.Gate is null ? null : buffers.Scratch(worker);
        _context.Multiply(shard.Gate ?? shard.Up, group.First, group.Count, buffers.NormedInput, rows, target, buffers.FfnStride);
        if (up is not null) _context.Multiply(shard.Up, group.First, group.Count, buffers.NormedInput, rows, up, columns);
        for (int row = 0; row < rows.Count; row++)
        {
            _context.Kernels.Activate(
                _context.Stage.Config.Activation, target + (nint)row * buffers.FfnStride, up is null ? null : up + row * columns, columns,
                _context.Stage.Config.ActivationLimit);
        }
    }

    public int DownItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _down.Length;

    /// <summary>Some columns of one PE's partial sums of the down product, over its own part of the width.</summary>
    public void Down(int worker, int item)
    {
        var group = _down[item % _down.Length];
        var rows = RowRange.Of(item / _down.Length, RowRange.ProductRows, Rows);
        _context.Multiply(
            _shards[group.Pe.Index].Down, group.First, group.Count, _context.Buffers.FfnInputs[group.Pe.Index], rows,
            _context.Partial(group, rows.First), _context.Buffers.HiddenStride);
    }

    private float* FfnOf(int row, StagePe pe) => _context.Buffers.Ffn + (nint)row * _context.Buffers.FfnStride + pe.FfnOffset;
}
