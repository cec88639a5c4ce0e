using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The feed-forward block of one layer: down(silu(gate(x)) * up(x)).</summary>
internal sealed unsafe class MlpBlock(ForwardContext context, int layer)
{
    private readonly PanelGroup[] _groups = PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].Gate);
    private readonly PanelGroup[] _down = PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].Down);

    private int Rows => context.Plan.RowCount;

    public int GateItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _groups.Length;

    /// <summary>silu(gate) * up for some columns.</summary>
    public void Gate(int worker, int item)
    {
        var group = _groups[item % _groups.Length];
        var rows = RowRange.Of(item / _groups.Length, RowRange.ProductRows, Rows);
        var shard = group.Pe.Layers[layer];
        int columns = group.Count * PackedMatrix.PanelColumns;
        float* gate = FfnOf(rows.First, group.Pe) + group.First * PackedMatrix.PanelColumns;
        float* up = context.Buffers.Scratch(worker);
        context.Multiply(shard.Gate, group.First, group.Count, context.Buffers.NormedInput, rows, gate, context.Buffers.FfnStride);
        context.Multiply(shard.Up, group.First, group.Count, context.Buffers.NormedInput, rows, up, columns);
        for (int row = 0; row < rows.Count; row++)
            context.Kernels.GatedSilu(gate + (nint)row * context.Buffers.FfnStride, up + row * columns, columns);
    }

    public int DownItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _down.Length;

    /// <summary>Some columns of one PE's partial sums of the down product, over its own part of the width.</summary>
    public void Down(int worker, int item)
    {
        var group = _down[item % _down.Length];
        var rows = RowRange.Of(item / _down.Length, RowRange.ProductRows, Rows);
        context.Multiply(
            group.Pe.Layers[layer].Down, group.First, group.Count, context.Buffers.FfnInputs[group.Pe.Index], rows,
            context.Partial(group, rows.First), context.Buffers.HiddenStride);
    }

    private float* FfnOf(int row, StagePe pe) => context.Buffers.Ffn + (nint)row * context.Buffers.FfnStride + pe.FfnOffset;
}
