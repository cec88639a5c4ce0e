using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Device.Models;

/// <summary>Attention of one layer: projections, rotation, the KV cache, attention itself, and the partial output sums.</summary>
internal sealed unsafe class AttentionBlock(ForwardContext context, int layer) : MixingBlock(context, layer, context.Buffers.AttentionInput)
{
    private readonly AttentionShape[] _shapes = [.. context.Stage.Pes.Select(pe => context.Stage.AttentionOf(layer) with { BlockStride = pe.Cache.BlockStride })];
    private readonly LayerShared _shared = context.Stage.Shared[layer];
    private readonly RopeTable? _rope = context.RopeOf(layer);
    private readonly int _headDim = context.Stage.Config.HeadDim;
    private readonly int _valueDim = context.Stage.Config.ValueDim;
    private readonly LatentBlock? _latent = context.Stage.Config.Latent is null ? null : new LatentBlock(context, layer);

    /// <summary>What comes before with latent attention; null for others.</summary>
    public LatentBlock? Latent => _latent;

    /// <summary>Whether heads are normed by the sums of squares of all of them.</summary>
    public bool NormsOverHeads => Context.Stage.Config.QkNorm == QkNorm.Width;

    /// <summary>Whether the output is quantised head by head as it is made.</summary>
    public override bool QuantizesOutput { get; } = context.Stage.Config.ValueDim % PackedMatrix.PanelColumns == 0 && context.Buffers.AttentionInput.TakesPanels;

    /// <inheritdoc/>
    protected override LinearInput Input => _latent?.QueryInput ?? base.Input;

    /// <summary>Sums of squares of queries and keys head by head, for norms over all heads.</summary>
    public void SumSquares(int worker, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, Rows);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            float* sums = SquaresOf(row);
            foreach (var pe in Context.Stage.Pes)
            {
                float* heads = ProjectedOf(row, pe);
                for (int head = 0; head < pe.Share.HeadCount; head++, heads += _headDim)
                    sums[pe.Share.FirstHead + head] = Context.Kernels.SquareSum(heads, _headDim);
                for (int head = 0; head < pe.Share.OwnedKvHeadCount; head++, heads += _headDim)
                    sums[Context.Stage.Config.HeadCount + pe.Share.FirstOwnedKvHead + head] = Context.Kernels.SquareSum(heads, _headDim);
            }
        }
    }

    /// <summary>Norms and rotates queries and keys of one PE; stores keys and values.</summary>
    public override void Store(int worker, int item)
    {
        var pe = Context.Stage.Pes[item % Context.Stage.Pes.Length];
        var rows = RowRange.Of(item / Context.Stage.Pes.Length, RowRange.LightRows, Rows);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            int position = Context.Plan.Positions[row];
            StoreRow(pe, row, position, BlockOf(row, position));
        }
    }

    public override int AttendItems() => Context.Plan.TileCount * Context.Stage.Groups.Length;

    /// <summary>Attention of a tile of one sequence's rows to one KV head.</summary>
    public override void Attend(int worker, int item)
    {
        var group = Context.Stage.Groups[item % Context.Stage.Groups.Length];
        int tile = item / Context.Stage.Groups.Length, first = Context.Plan.TileRow[tile];
        int queryCount = Context.Plan.RowsOfTile(tile) * group.Heads.Length;
        float** queries = stackalloc float*[AttentionShape.MaxQueries];
        float** outputs = stackalloc float*[AttentionShape.MaxQueries];
        int* positions = stackalloc int[AttentionShape.MaxQueries];
        float* sinks = stackalloc float[AttentionShape.MaxQueries];
        nint* biasRows = stackalloc nint[AttentionShape.MaxQueries];
        byte* cache = group.Owner.Cache.Blocks(Layer, group.OwnedIndex);
        bool gated = Context.Stage.Config.AttentionGate;
        fixed (int* blocks = BlocksOf(first))
        {
            for (int query = 0; query < queryCount;)
            {
                int count = 0;
                for (; count < AttentionShape.MaxQueries && query < queryCount; count++, query++)
                {
                    int row = first + query / group.Heads.Length;
                    var (pe, head) = group.Heads[query % group.Heads.Length];
                    queries[count] = ProjectedOf(row, pe) + head * _headDim;
                    outputs[count] = OutputOf(row, pe) + head * _valueDim;
                    positions[count] = Context.Plan.Positions[row];
                    biasRows[count] = AlibiTable.RowOf(pe.Share.FirstHead + head);
                    if (_shared.Sinks is not null) sinks[count] = _shared.Sinks[pe.Share.FirstHead + head];
                }

                Context.Kernels.Attend(
                    _shapes[group.Owner.Index], queries, outputs, positions, count, blocks, cache, _shared.Sinks is null ? null : sinks, Context.Buffers.Scratch(worker),
                    Context.Alibi is null ? null : Context.Alibi.Blocks, biasRows);
                for (int i = 0; (QuantizesOutput || gated) && i < count; i++)
                {
                    var (pe, head) = group.Heads[(query - count + i) % group.Heads.Length];
                    int row = first + (query - count + i) / group.Heads.Length;
                    if (gated) Context.Kernels.GateSigmoid(GateOf(row, pe, head), outputs[i], outputs[i], _valueDim);
                    if (QuantizesOutput) Context.QuantizeColumns(Context.Buffers.AttentionInput.Parts[pe.Index], row, outputs[i], head * _valueDim, _valueDim);
                }
            }
        }
    }

    private float* GateOf(int row, StagePe pe, int head) =>
        ProjectedOf(row, pe) + (pe.Share.HeadCount + head) * _headDim + pe.Share.OwnedKvHeadCount * (_headDim + _valueDim);

    private float* SquaresOf(int row) => Context.Buffers.HeadSquares + (nint)row * Context.Buffers.HeadSquaresStride;

    private void StoreRow(StagePe pe, int row, int position, int block)
    {
        var config = Context.Stage.Config;
        float queryScale = 0, keyScale = 0;
        if (config.QkNorm == QkNorm.Width)
        {
            queryScale = WidthScale(SquaresOf(row), config.HeadCount);
            keyScale = WidthScale(SquaresOf(row) + config.HeadCount, config.KvHeadCount);
        }

        float* queries = ProjectedOf(row, pe);
        float growth = config.QueryGrowth is { } grows && (_rope is null || !grows.UnrotatedOnly) ? grows.At(position) : 1;
        for (int head = 0; head < pe.Share.HeadCount; head++)
        {
            Prepare(queries + head * _headDim, _shared.Query, pe.Share.FirstHead + head, queryScale, position);
            for (int d = 0; growth != 1 && d < _headDim; d++) queries[head * _headDim + d] *= growth;
        }

        float* keys = queries + pe.Share.HeadCount * _headDim;
        float* values = keys + pe.Share.OwnedKvHeadCount * _headDim;
        _latent?.Assemble(pe, row, keys, values);
        for (int head = 0; head < pe.Share.OwnedKvHeadCount; head++)
        {
            float* key = keys + head * _headDim;
            Prepare(key, _shared.Key, pe.Share.FirstOwnedKvHead + head, keyScale, position);
            if (config.QkvClip > 0) Clip(values + head * _valueDim, _valueDim, config.QkvClip);
            KvWriter.Store(pe.Cache.Blocks(Layer, head), _shapes[pe.Index], block, position % AttentionShape.BlockPositions, key, values + head * _valueDim);
        }
    }

    /// <summary>Norms a head, over itself or by the scale of all heads, and rotates it.</summary>
    private void Prepare(float* values, Norm norm, int head, float widthScale, int position)
    {
        bool last = Context.Stage.Config.QkNormAfterRotation;
        if (!last) NormHead(values, norm, head, widthScale);
        if (Context.Stage.Config.QkvClip > 0) Clip(values, _headDim, Context.Stage.Config.QkvClip);
        if (_rope is not null)
        {
            float* cosines = _rope.Row(position);
            Context.Kernels.Rotate(values, cosines, cosines + _rope.PairCount, _rope.PairCount);
        }

        if (last) NormHead(values, norm, head, widthScale);
    }

    private static void Clip(float* values, int count, float limit)
    {
        for (int i = 0; i < count; i++) values[i] = Math.Clamp(values[i], -limit, limit);
    }

    private void NormHead(float* values, Norm norm, int head, float widthScale)
    {
        if (!norm.IsPresent) return;
        float* weight = norm.Weight + head * _headDim;
        if (Context.Stage.Config.QkNorm == QkNorm.Width) Context.Kernels.Scale(values, weight, values, _headDim, widthScale);
        else Context.Norm(values, new Norm(weight, norm.Bias is null ? null : norm.Bias + head * _headDim), values, _headDim);
    }

    /// <summary>The norm's factor for all heads: their sums of squares are added in ascending order.</summary>
    private float WidthScale(float* squares, int heads)
    {
        float sum = 0;
        for (int head = 0; head < heads; head++) sum += squares[head];
        return 1f / MathF.Sqrt(sum / (heads * _headDim) + Context.Stage.Config.NormEps);
    }
}
