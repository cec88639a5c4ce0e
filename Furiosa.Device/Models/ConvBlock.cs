using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// A short convolution of one layer. The projection makes b, c and x of each channel; b x is kept in the cache, and the output is c times the convolution
/// of b x over the last few positions. A PE has the channels of its query heads and keeps them itself, so that a part of a group in another process needs
/// none of them. They are kept as floats whatever keys and values are kept as: there are few of them, and they would be read a few times only.
/// </summary>
internal sealed unsafe class ConvBlock(ForwardContext context, int layer) : MixingBlock(context, layer, context.Buffers.AttentionInput)
{
    private readonly LayerShared _shared = context.Stage.Shared[layer];
    private readonly int _length = context.Stage.Config.ShortConv!.Length;

    /// <inheritdoc/>
    public override bool QuantizesOutput => true;

    /// <summary>Keeps b x.</summary>
    public override void Store(int worker, int item)
    {
        var pe = Context.Stage.Pes[item % Context.Stage.Pes.Length];
        var rows = RowRange.Of(item / Context.Stage.Pes.Length, RowRange.LightRows, Rows);
        int channels = pe.Share.HeadCount * Context.Stage.Config.HeadDim;
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            float* b = ProjectedOf(row, pe), x = b + 2 * channels;
            Context.Kernels.Scale(b, x, Kept(row, Context.Plan.Positions[row], pe, channels), channels, 1f);
        }
    }

    public override int AttendItems() => StoreItems();

    /// <summary>The convolution of some rows' channels of one PE, and those rows quantised.</summary>
    public override void Attend(int worker, int item)
    {
        var pe = Context.Stage.Pes[item % Context.Stage.Pes.Length];
        var rows = RowRange.Of(item / Context.Stage.Pes.Length, RowRange.LightRows, Rows);
        int width = Context.Stage.Config.HiddenSize, first = pe.Share.FirstHead * Context.Stage.Config.HeadDim, channels = pe.Share.HeadCount * Context.Stage.Config.HeadDim;
        float** kept = stackalloc float*[ShortConvConfig.MostLength];
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            // Of a text's first positions the taps for what would be before it are left out.
            int position = Context.Plan.Positions[row], count = Math.Min(position + 1, _length);
            for (int i = 0; i < count; i++) kept[i] = Kept(row, position - count + 1 + i, pe, channels);
            float* taps = _shared.ConvTaps + (nint)(_length - count) * width + first, c = ProjectedOf(row, pe) + channels;
            Context.Kernels.Convolve(kept, count, taps, width, _shared.ConvBias is null ? null : _shared.ConvBias + first, c, OutputOf(row, pe), channels);
            Context.Quantize(Context.Buffers.AttentionInput.Parts[pe.Index], row);
        }
    }

    /// <summary>A PE's channels of a position of a row's sequence: a block has them position by position.</summary>
    private float* Kept(int row, int position, StagePe pe, int channels) =>
        (float*)(pe.Cache.Blocks(Layer, 0) + BlockOf(row, position) * pe.Cache.BlockStride) + position % AttentionShape.BlockPositions * channels;
}
