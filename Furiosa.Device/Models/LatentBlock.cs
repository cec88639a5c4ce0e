using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// The first half of latent attention in one layer: from the input the two small vectors, normed, and from one of them each KV head's key
/// and value. Every process computes the vectors for itself, so nothing about them depends on how heads are split.
/// </summary>
internal sealed unsafe class LatentBlock(ForwardContext context, int layer)
{
    private readonly LayerShared _shared = context.Stage.Shared[layer];
    private readonly LatentBuffers _buffers = context.Buffers.Latent!;
    private readonly LatentConfig _latent = context.Stage.Config.Latent!;
    private readonly PanelGroup[] _down = PanelGroup.Across(context.Stage.Pes[..1], _ => context.Stage.Shared[layer].Latent!);
    private readonly PanelGroup[] _up = PanelGroup.Of(context.Stage.Pes, pe => pe.Layers[layer].KeyValues!);

    private int Rows => context.Plan.RowCount;

    /// <summary>What queries are made from.</summary>
    public LinearInput QueryInput => _latent.QueryRank == 0 ? context.Buffers.NormedInput : _buffers.QueryInput;

    public int DownItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _down.Length;

    /// <summary>Some columns of the vectors.</summary>
    public void Down(int worker, int item)
    {
        var group = _down[item % _down.Length];
        var rows = RowRange.Of(item / _down.Length, RowRange.ProductRows, Rows);
        var input = context.Buffers.NormedInput;
        float* target = _buffers.Vectors + (nint)rows.First * _buffers.VectorStride + group.First * PackedMatrix.PanelColumns;
        context.Kernels.Linear(_shared.Latent!, group.First, group.Count, input.Row(rows.First), input.Stride, rows.Count, target, _buffers.VectorStride);
    }

    public int NormItems() => RowRange.BlocksOf(Rows, RowRange.LightRows);

    /// <summary>Norms some rows' vectors, and quantises them for the products that read them.</summary>
    public void Norm(int worker, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, Rows);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            float* query = _buffers.QueryInput.Row(row), key = _buffers.KeyInput.Row(row);
            if (_latent.QueryRank > 0) context.Kernels.RmsNorm(query, _shared.LatentQueryNorm, query, _latent.QueryRank, LatentConfig.NormEps);
            context.Kernels.RmsNorm(key, _shared.LatentKeyNorm, key, _latent.KeyRank, LatentConfig.NormEps);
            context.Quantize(_buffers.QueryInput, row);
            context.Quantize(_buffers.KeyInput, row);
        }
    }

    public int UpItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _up.Length;

    /// <summary>Some columns of keys and values.</summary>
    public void Up(int worker, int item)
    {
        var group = _up[item % _up.Length];
        var rows = RowRange.Of(item / _up.Length, RowRange.ProductRows, Rows);
        float* target = KeyValuesOf(rows.First, group.Pe) + group.First * PackedMatrix.PanelColumns;
        context.Multiply(group.Pe.Layers[layer].KeyValues!, group.First, group.Count, _buffers.KeyInput, rows, target, _buffers.KeyValuesStride);
    }

    /// <summary>Puts a PE's keys, the rotated part first, and its values where attention looks for them.</summary>
    public void Assemble(StagePe pe, int row, float* keys, float* values)
    {
        int rotated = context.Stage.Config.RotaryDim, plain = _latent.PlainDim, valueDim = context.Stage.Config.ValueDim;
        float* source = KeyValuesOf(row, pe), turned = _buffers.KeyInput.Row(row) + _latent.KeyRank;
        for (int head = 0; head < pe.Share.OwnedKvHeadCount; head++)
        {
            Copy(turned, keys, rotated);
            Copy(source, keys + rotated, plain);
            Copy(source + plain, values, valueDim);
            source += plain + valueDim;
            keys += rotated + plain;
            values += valueDim;
        }
    }

    private static void Copy(float* source, float* target, int count) => Buffer.MemoryCopy(source, target, count * sizeof(float), count * sizeof(float));

    private float* KeyValuesOf(int row, StagePe pe) => _buffers.KeyValues + (nint)row * _buffers.KeyValuesStride + pe.KeyValuesOffset;
}
