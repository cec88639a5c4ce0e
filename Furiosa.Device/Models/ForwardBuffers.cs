using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The activations of a group, shared by its PEs. They grow to the largest step seen and are then used again.</summary>
internal sealed unsafe class ForwardBuffers : IDisposable
{
    private readonly Dictionary<string, NativeBuffer> _buffers = [];
    private readonly StageModel _stage;
    private readonly NativeBuffer?[] _scratch;
    private int _rows;
    private int _logitRows;
    private int _positions;

    public ForwardBuffers(StageModel stage, int workers)
    {
        _stage = stage;
        HiddenStride = Stride(stage.Config.HiddenSize);
        QkvStride = Stride(stage.Pes.Sum(pe => pe.QkvColumns(stage.Config)));
        AttentionStride = Stride(stage.Pes.Sum(pe => pe.Share.HeadCount) * stage.Config.ValueDim);
        FfnStride = Stride(stage.Pes.Sum(pe => pe.FfnColumns));
        LogitsStride = Stride(stage.Config.VocabSize);
        NormedInput = new LinearInput(stage.HiddenLayout);
        int attending = Enumerable.Range(0, stage.LayerCount).FirstOrDefault(layer => stage.HasMixing(layer) && !stage.IsRecurrent(layer), -1);
        AttentionInput = new SplitInput(stage.Pes.Select(pe => (pe.AttentionOffset, attending < 0 ? null : pe.Layers[attending].Output!.Layout)));
        FfnInput = new SplitInput(stage.Pes.Select(pe => (pe.FfnOffset, pe.Layers.FirstOrDefault(layer => layer.Mlp is not null)?.Mlp!.Down.Layout)));
        if (stage.Pes[0].Layers.Any(layer => layer.Experts.Length > 0)) Experts = new ExpertBuffers(stage, HiddenStride);
        if (stage.Config.Latent is not null) Latent = new LatentBuffers(stage);
        if (stage.Config.Recurrent is not null) Recurrent = new RecurrentBuffers(stage);
        Partials = new float*[stage.TensorParallel];
        _scratch = new NativeBuffer?[workers];
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

    /// <summary>Queries, keys and values, or what other layers are made from, PE after PE.</summary>
    public float* Qkv { get; private set; }

    /// <summary>Attention's or a convolution's output, PE after PE.</summary>
    public float* Attention { get; private set; }

    /// <summary>The feed-forward width of dense blocks, PE after PE; null where it is quantised as it is made.</summary>
    public float* Ffn { get; private set; }

    /// <summary><see cref="Normed"/> as products read it.</summary>
    public LinearInput NormedInput { get; }

    /// <summary><see cref="Attention"/> as products read it.</summary>
    public SplitInput AttentionInput { get; }

    /// <summary><see cref="Ffn"/> as products of a dense block read it.</summary>
    public SplitInput FfnInput { get; }

    /// <summary>What latent attention needs besides; null for others.</summary>
    public LatentBuffers? Latent { get; }

    /// <summary>What layers with states need besides; null for others.</summary>
    public RecurrentBuffers? Recurrent { get; }

    /// <summary>What tokens on their way through experts need; null where no layer has some.</summary>
    public ExpertBuffers? Experts { get; }

    /// <summary>One sum of squares for each query and key head of a row, where they are normed over all heads.</summary>
    public float* HeadSquares { get; private set; }

    /// <summary>Floats of <see cref="HeadSquares"/> from one row to the next.</summary>
    public int HeadSquaresStride => _stage.Config.HeadCount + _stage.Config.KvHeadCount;

    /// <summary>Partial sums of the attention's or feed-forward block's output, by rank of the whole group; the whole sum by rank 0 where nobody needs the others.</summary>
    public float*[] Partials { get; }

    /// <summary>Logits of the sampled rows.</summary>
    public float* Logits { get; private set; }

    /// <summary>Memory of one compute thread.</summary>
    public float* Scratch(int worker) => _scratch[worker]!.Floats;

    /// <summary>Makes room for a step. A buffer that cannot be made leaves all of them to be made by the next step.</summary>
    /// <param name="rows">Rows of the step.</param>
    /// <param name="logitRows">Rows whose logits are wanted.</param>
    /// <param name="positions">One more than the highest position.</param>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public void Ensure(int rows, int logitRows, int positions)
    {
        if (rows > _rows)
        {
            int room = Math.Max(rows, Math.Min(2 * _rows, 4096));
            _rows = 0;
            MakeRows(room);
            _rows = room;
        }

        if (logitRows > _logitRows)
        {
            _logitRows = 0;
            Logits = Make("logits", logitRows, LogitsStride);
            _logitRows = logitRows;
        }

        if (positions > _positions || _scratch[0] is null)
        {
            int room = Math.Max(positions, Math.Max(1024, (int)Math.Min(2L * _positions, 1 << 20)));
            _positions = 0;
            MakeScratch(room);
            _positions = room;
        }
    }

    private void MakeRows(int rows)
    {
        Residual = Make("residual", rows, HiddenStride);
        Normed = Make("normed", rows, HiddenStride);
        Qkv = Make("qkv", rows, QkvStride);
        Attention = Make("attention", rows, AttentionStride);
        if (!FfnInput.TakesPanels) Ffn = Make("ffn", rows, FfnStride);
        if (_stage.Config.QkNorm == QkNorm.Width) HeadSquares = Make("squares", rows, HeadSquaresStride);
        Experts?.MakeRows(rows);
        Latent?.MakeRows(rows);
        Recurrent?.MakeRows(rows);
        NormedInput.Place(Normed, HiddenStride, Quantized(NormedInput, "normed, quantised", rows));
        AttentionInput.Place(Attention, AttentionStride, Quantized(AttentionInput.Whole, "attention, quantised", rows));
        FfnInput.Place(Ffn, FfnStride, Quantized(FfnInput.Whole, "ffn, quantised", rows));
        for (int rank = 0; rank < Partials.Length; rank++)
        {
            if (!_stage.SumsHere || Experts is not null || rank == 0) Partials[rank] = Make($"partial {rank}", rows, HiddenStride);
        }
    }

    private void MakeScratch(int positions)
    {
        long floats = Math.Max(_stage.AttentionOf(0).ScratchFloats(positions), Math.Max(SplitProduct.ScratchFloats, RowRange.ProductRows * PanelGroup.MaxColumns));
        floats = Math.Max(floats, Math.Max(2 * HiddenStride, Experts is null ? 0 : ExpertBuffers.ScratchFloats));
        for (int worker = 0; worker < _scratch.Length; worker++)
        {
            _scratch[worker]?.Dispose();
            _scratch[worker] = null;
            _scratch[worker] = new NativeBuffer(floats * sizeof(float));
        }
    }

    public void Dispose()
    {
        Experts?.Dispose();
        Latent?.Dispose();
        Recurrent?.Dispose();
        foreach (var buffer in _buffers.Values) buffer.Dispose();
        foreach (var buffer in _scratch) buffer?.Dispose();
    }

    /// <summary>
    /// Whole panels, and never a multiple of a kibibyte: rows that far apart would all fall into the same few sets of the cache,
    /// which halves the speed of products over several rows.
    /// </summary>
    public static int Stride(int width)
    {
        int padded = Math.Max(1, (width + PackedMatrix.PanelColumns - 1) / PackedMatrix.PanelColumns) * PackedMatrix.PanelColumns;
        return padded % 256 == 0 ? padded + 16 : padded;
    }

    private byte* Quantized(LinearInput input, string name, int rows) => input.Layout is null ? null : (byte*)Make(name, rows, input.QuantizedStride / sizeof(float));

    private float* Make(string name, int rows, int stride)
    {
        if (_buffers.Remove(name, out var old)) old.Dispose();
        var buffer = new NativeBuffer((long)rows * stride * sizeof(float));
        _buffers.Add(name, buffer);
        return buffer.Floats;
    }
}
