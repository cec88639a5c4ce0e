using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Device.Models;

/// <summary>Attention of one layer: projections, rotation, the KV cache, attention itself, and the partial output sums.</summary>
internal sealed unsafe class AttentionBlock(ForwardContext context, int layer)
{
    private readonly PanelGroup[] _qkv = PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].Qkv);
    private readonly AttentionShape[] _shapes = [.. context.Stage.Pes.Select(pe => context.Stage.AttentionOf(layer) with { BlockStride = pe.Cache.BlockStride })];
    private readonly LayerShared _shared = context.Stage.Shared[layer];
    private readonly RopeTable? _rope = context.RopeOf(layer);
    private readonly int _headDim = context.Stage.Config.HeadDim;
    private readonly int _valueDim = context.Stage.Config.ValueDim;
    private readonly LatentBlock? _latent = context.Stage.Config.Latent is null ? null : new LatentBlock(context, layer);

    private int Rows => context.Plan.RowCount;

    /// <summary>The output product, whose inputs are the heads.</summary>
    public SplitProduct Output { get; } = new(context, pe => pe.Layers[layer].Output, context.Buffers.AttentionInputs);

    /// <summary>What comes before with latent attention; null for others.</summary>
    public LatentBlock? Latent => _latent;

    /// <summary>Whether the output is quantised head by head as it is made.</summary>
    public bool QuantizesHeads { get; } = context.Stage.Config.ValueDim % PackedMatrix.PanelColumns == 0 && context.Buffers.AttentionInputs.All(input => input.TakesPanels);

    public int ProjectItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _qkv.Length;

    /// <summary>Queries, keys and values of all rows.</summary>
    public void Project(int worker, int item)
    {
        var group = _qkv[item % _qkv.Length];
        var rows = RowRange.Of(item / _qkv.Length, RowRange.ProductRows, Rows);
        float* target = QkvOf(rows.First, group.Pe) + group.First * PackedMatrix.PanelColumns;
        context.Multiply(group.Pe.Layers[layer].Qkv, group.First, group.Count, _latent?.QueryInput ?? context.Buffers.NormedInput, rows, target, context.Buffers.QkvStride);
    }

    /// <summary>What each group of panels of <see cref="Project"/> reads.</summary>
    public WeightReads Reads => new(_qkv.Length, group => [_qkv[group].Bytes(_qkv[group].Pe.Layers[layer].Qkv)]);

    public int StoreItems() => RowRange.BlocksOf(Rows, RowRange.LightRows) * context.Stage.Pes.Length;

    /// <summary>Sums of squares of queries and keys head by head, for norms over all heads.</summary>
    public void SumSquares(int worker, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, Rows);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            float* sums = SquaresOf(row);
            foreach (var pe in context.Stage.Pes)
            {
                float* heads = QkvOf(row, pe);
                for (int head = 0; head < pe.Share.HeadCount; head++, heads += _headDim)
                    sums[pe.Share.FirstHead + head] = context.Kernels.SquareSum(heads, _headDim);
                for (int head = 0; head < pe.Share.OwnedKvHeadCount; head++, heads += _headDim)
                    sums[context.Stage.Config.HeadCount + pe.Share.FirstOwnedKvHead + head] = context.Kernels.SquareSum(heads, _headDim);
            }
        }
    }

    /// <summary>Norms and rotates queries and keys of one PE; stores keys and values.</summary>
    public void Store(int worker, int item)
    {
        var pe = context.Stage.Pes[item % context.Stage.Pes.Length];
        var rows = RowRange.Of(item / context.Stage.Pes.Length, RowRange.LightRows, Rows);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            int position = context.Plan.Positions[row];
            StoreRow(pe, row, position, context.Plan.Batch.Slices[context.Plan.Slices[row]].Blocks[position / AttentionShape.BlockPositions]);
        }
    }

    public int AttendItems() => context.Plan.TileCount * context.Stage.Groups.Length;

    /// <summary>Attention of a tile of one sequence's rows to one KV head, four queries at a time.</summary>
    public void Attend(int worker, int item)
    {
        var group = context.Stage.Groups[item % context.Stage.Groups.Length];
        int tile = item / context.Stage.Groups.Length, first = context.Plan.TileRow[tile];
        int queryCount = context.Plan.RowsOfTile(tile) * group.Heads.Length;
        float** queries = stackalloc float*[AttentionShape.MaxQueries];
        float** outputs = stackalloc float*[AttentionShape.MaxQueries];
        int* positions = stackalloc int[AttentionShape.MaxQueries];
        float* sinks = stackalloc float[AttentionShape.MaxQueries];
        nint* biasRows = stackalloc nint[AttentionShape.MaxQueries];
        byte* cache = group.Owner.Cache.Blocks(layer, group.OwnedIndex);
        fixed (int* blocks = context.Plan.Batch.Slices[context.Plan.Slices[first]].Blocks)
        {
            for (int query = 0; query < queryCount;)
            {
                int count = 0;
                for (; count < AttentionShape.MaxQueries && query < queryCount; count++, query++)
                {
                    int row = first + query / group.Heads.Length;
                    var (pe, head) = group.Heads[query % group.Heads.Length];
                    queries[count] = QkvOf(row, pe) + head * _headDim;
                    outputs[count] = AttentionOf(row, pe) + head * _valueDim;
                    positions[count] = context.Plan.Positions[row];
                    biasRows[count] = AlibiTable.RowOf(pe.Share.FirstHead + head);
                    if (_shared.Sinks is not null) sinks[count] = _shared.Sinks[pe.Share.FirstHead + head];
                }

                context.Kernels.Attend(
                    _shapes[group.Owner.Index], queries, outputs, positions, count, blocks, cache, _shared.Sinks is null ? null : sinks, context.Buffers.Scratch(worker),
                    context.Alibi is null ? null : context.Alibi.Blocks, biasRows);
                for (int i = 0; QuantizesHeads && i < count; i++)
                {
                    var (pe, head) = group.Heads[(query - count + i) % group.Heads.Length];
                    int row = first + (query - count + i) / group.Heads.Length;
                    context.QuantizeColumns(context.Buffers.AttentionInputs[pe.Index], row, outputs[i], head * _valueDim, _valueDim);
                }
            }
        }
    }

    private float* QkvOf(int row, StagePe pe) => context.Buffers.Qkv + (nint)row * context.Buffers.QkvStride + pe.QkvOffset;

    private float* AttentionOf(int row, StagePe pe) => context.Buffers.Attention + (nint)row * context.Buffers.AttentionStride + pe.AttentionOffset;

    private float* SquaresOf(int row) => context.Buffers.HeadSquares + (nint)row * context.Buffers.HeadSquaresStride;

    private void StoreRow(StagePe pe, int row, int position, int block)
    {
        var config = context.Stage.Config;
        float queryScale = 0, keyScale = 0;
        if (config.QkNorm == QkNorm.Width)
        {
            queryScale = WidthScale(SquaresOf(row), config.HeadCount);
            keyScale = WidthScale(SquaresOf(row) + config.HeadCount, config.KvHeadCount);
        }

        float* queries = QkvOf(row, pe);
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
            KvWriter.Store(pe.Cache.Blocks(layer, head), _shapes[pe.Index], block, position % AttentionShape.BlockPositions, key, values + head * _valueDim);
        }
    }

    /// <summary>Norms a head, over itself or by the scale of all heads, and rotates it.</summary>
    private void Prepare(float* values, Norm norm, int head, float widthScale, int position)
    {
        bool last = context.Stage.Config.QkNormAfterRotation;
        if (!last) NormHead(values, norm, head, widthScale);
        if (context.Stage.Config.QkvClip > 0) Clip(values, _headDim, context.Stage.Config.QkvClip);
        if (_rope is not null)
        {
            float* cosines = _rope.Row(position);
            context.Kernels.Rotate(values, cosines, cosines + _rope.PairCount, _rope.PairCount);
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
        if (context.Stage.Config.QkNorm == QkNorm.Width) context.Kernels.Scale(values, weight, values, _headDim, widthScale);
        else context.Norm(values, new Norm(weight, norm.Bias is null ? null : norm.Bias + head * _headDim), values, _headDim);
    }

    /// <summary>The norm's factor for all heads: their sums of squares are added in ascending order.</summary>
    private float WidthScale(float* squares, int heads)
    {
        float sum = 0;
        for (int head = 0; head < heads; head++) sum += squares[head];
        return 1f / MathF.Sqrt(sum / (heads * _headDim) + context.Stage.Config.NormEps);
    }
}
