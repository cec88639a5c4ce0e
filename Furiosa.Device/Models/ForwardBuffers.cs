using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The activations of a group, shared by its PEs. They grow to the largest step seen and are then used again.</summary>
internal sealed unsafe class ForwardBuffers : IDisposable
{
    private readonly Dictionary<string, NativeBuffer> _buffers = [];
    private readonly StageModel _stage;
    private readonly NativeBuffer[] _scratch;
    private int _rows;
    private int _logitRows;

    public ForwardBuffers(StageModel stage, int workers, int maxPositions)
    {
        _stage = stage;
        HiddenStride = Stride(stage.Config.HiddenSize);
        QkvStride = Stride(stage.Pes.Sum(pe => pe.Layers[0].Qkv.PaddedColumns));
        AttentionStride = Stride(stage.Pes.Sum(pe => pe.Share.HeadCount) * stage.Config.HeadDim);
        FfnStride = Stride(stage.Pes.Sum(pe => pe.Layers[0].Gate.PaddedColumns));
        LogitsStride = Stride(stage.Config.VocabSize);
        NormedInput = new LinearInput(stage.Pes[0].Layers[0].Qkv.Layout);
        AttentionInputs = [.. stage.Pes.Select(pe => new LinearInput(pe.Layers[0].Output.Layout))];
        FfnInputs = [.. stage.Pes.Select(pe => new LinearInput(pe.Layers[0].Down.Layout))];
        Partials = new float*[stage.TensorParallel];
        long floats = Math.Max(stage.AttentionOf(0).ScratchFloats(maxPositions), RowRange.ProductRows * PanelGroup.MaxColumns);
        _scratch = [.. Enumerable.Range(0, workers).Select(_ => new NativeBuffer(floats * sizeof(float)))];
    }

    public int HiddenStride { get; }

    public int QkvStride { get; }

    public int AttentionStride { get; }

    public int FfnStride { get; }

    public int LogitsStride { get; }

    /// <summary>The residual stream.</summary>
    public float* Residual { get; private set; }

    /// <summary>The residual stream, normed: what linear products read.</summary>
    public float* Normed { get; private set; }

    /// <summary>Queries, keys and values, PE after PE.</summary>
    public float* Qkv { get; private set; }

    /// <summary>Attention's output, PE after PE.</summary>
    public float* Attention { get; private set; }

    /// <summary>The feed-forward width, PE after PE.</summary>
    public float* Ffn { get; private set; }

    /// <summary><see cref="Normed"/> as products read it.</summary>
    public LinearInput NormedInput { get; }

    /// <summary>Each local PE's part of <see cref="Attention"/> as products read it.</summary>
    public LinearInput[] AttentionInputs { get; }

    /// <summary>Each local PE's part of <see cref="Ffn"/> as products read it.</summary>
    public LinearInput[] FfnInputs { get; }

    /// <summary>Partial sums of the attention's or feed-forward block's output, by rank of the whole group; null for ranks that are not here and not linked.</summary>
    public float*[] Partials { get; }

    /// <summary>Logits of the sampled rows.</summary>
    public float* Logits { get; private set; }

    /// <summary>Memory of one compute thread.</summary>
    public float* Scratch(int worker) => _scratch[worker].Floats;

    public void Ensure(int rows, int logitRows)
    {
        if (rows > _rows)
        {
            _rows = Math.Max(rows, Math.Min(2 * _rows, 4096));
            Residual = Make("residual", _rows, HiddenStride);
            Normed = Make("normed", _rows, HiddenStride);
            Qkv = Make("qkv", _rows, QkvStride);
            Attention = Make("attention", _rows, AttentionStride);
            Ffn = Make("ffn", _rows, FfnStride);
            Place(NormedInput, "normed, quantised", Normed, HiddenStride);
            for (int i = 0; i < _stage.Pes.Length; i++)
            {
                Place(AttentionInputs[i], $"attention {i}, quantised", Attention + _stage.Pes[i].AttentionOffset, AttentionStride);
                Place(FfnInputs[i], $"ffn {i}, quantised", Ffn + _stage.Pes[i].FfnOffset, FfnStride);
            }

            for (int rank = 0; rank < Partials.Length; rank++)
            {
                if (_stage.Placement.Link is not null || _stage.Placement.LocalRanks.Contains(rank)) Partials[rank] = Make($"partial {rank}", _rows, HiddenStride);
            }
        }

        if (logitRows <= _logitRows) return;
        _logitRows = logitRows;
        Logits = Make("logits", logitRows, LogitsStride);
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers.Values) buffer.Dispose();
        foreach (var buffer in _scratch) buffer.Dispose();
    }

    /// <summary>
    /// Whole panels, and never a multiple of a kibibyte: rows that far apart would all fall into the same few sets of the cache,
    /// which halves the speed of products over several rows.
    /// </summary>
    private static int Stride(int width)
    {
        int padded = Math.Max(1, (width + PackedMatrix.PanelColumns - 1) / PackedMatrix.PanelColumns) * PackedMatrix.PanelColumns;
        return padded % 256 == 0 ? padded + 16 : padded;
    }

    private void Place(LinearInput input, string name, float* values, int stride) =>
        input.Place(values, stride, input.Layout is null ? null : (byte*)Make(name, _rows, input.QuantizedStride / sizeof(float)));

    private float* Make(string name, int rows, int stride)
    {
        if (_buffers.Remove(name, out var old)) old.Dispose();
        var buffer = new NativeBuffer((long)rows * stride * sizeof(float));
        _buffers.Add(name, buffer);
        return buffer.Floats;
    }
}
