using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// What lets positions of a sequence know of each other in one layer: a projection of the input, of which a part is kept in the KV cache, then what is
/// made of it and of what earlier positions have kept, then the output product.
/// </summary>
internal abstract unsafe class MixingBlock
{
    private readonly PanelGroup[] _panels;

    /// <param name="context">The stage and its buffers.</param>
    /// <param name="layer">Which layer of the stage.</param>
    /// <param name="outputs">The PEs' outputs, as the output product reads them.</param>
    protected MixingBlock(ForwardContext context, int layer, SplitInput outputs)
    {
        (Context, Layer, Outputs) = (context, layer, outputs);
        _panels = PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].Qkv!);
        Output = new SplitProduct(context, pe => pe.Layers[layer].Output!, outputs);
    }

    /// <summary>The PEs' outputs, as the output product reads them.</summary>
    public SplitInput Outputs { get; }

    /// <summary>The output product, whose inputs are the heads.</summary>
    public SplitProduct Output { get; }

    /// <summary>Whether the output is quantised as it is made, and not in a phase of its own.</summary>
    public abstract bool QuantizesOutput { get; }

    protected ForwardContext Context { get; }

    /// <summary>Which layer of the stage.</summary>
    protected int Layer { get; }

    protected int Rows => Context.Plan.RowCount;

    /// <summary>What the projection reads.</summary>
    protected virtual LinearInput Input => Context.Buffers.NormedInput;

    /// <summary>The block of a layer of the stage.</summary>
    public static MixingBlock Of(ForwardContext context, int layer) =>
        context.Stage.IsRecurrent(layer) ? new RecurrentBlock(context, layer)
        : context.Stage.IsConv(layer) ? new ConvBlock(context, layer)
        : new AttentionBlock(context, layer);

    public int ProjectItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _panels.Length;

    /// <summary>The projection of all rows: for attention queries, keys and values.</summary>
    public void Project(int worker, int item)
    {
        var group = _panels[item % _panels.Length];
        var rows = RowRange.Of(item / _panels.Length, RowRange.ProductRows, Rows);
        float* target = ProjectedOf(rows.First, group.Pe) + group.First * PackedMatrix.PanelColumns;
        Context.Multiply(group.Pe.Layers[Layer].Qkv!, group.First, group.Count, Input, rows, target, Context.Buffers.QkvStride);
    }

    /// <summary>What each group of panels of <see cref="Project"/> reads.</summary>
    public WeightReads Reads => new(_panels.Length, group => [_panels[group].Bytes(_panels[group].Pe.Layers[Layer].Qkv!)]);

    public int StoreItems() => RowRange.BlocksOf(Rows, RowRange.LightRows) * Context.Stage.Pes.Length;

    /// <summary>Puts what some rows of one PE keep into the cache, or what states take up into buffers.</summary>
    public abstract void Store(int worker, int item);

    public abstract int AttendItems();

    /// <summary>Makes some rows' output of what they and earlier positions have kept.</summary>
    public abstract void Attend(int worker, int item);

    /// <summary>One PE's part of a row's projection.</summary>
    protected float* ProjectedOf(int row, StagePe pe) => Context.Buffers.Qkv + (nint)row * Context.Buffers.QkvStride + pe.QkvOffset;

    /// <summary>One PE's part of a row's output, which is the input of the output product.</summary>
    protected float* OutputOf(int row, StagePe pe) => Context.Buffers.Attention + (nint)row * Context.Buffers.AttentionStride + pe.AttentionOffset;

    /// <summary>The block of the cache that a row's sequence keeps a position in.</summary>
    protected int BlockOf(int row, int position) => BlocksOf(row)[position / AttentionShape.BlockPositions];

    /// <summary>The block table of a row's sequence.</summary>
    protected int[] BlocksOf(int row) => Context.Plan.Batch.Slices[Context.Plan.Slices[row]].Blocks;
}
