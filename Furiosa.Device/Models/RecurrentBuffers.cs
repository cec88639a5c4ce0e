using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Rows on their way through layers with states; layer after layer uses them again.</summary>
internal sealed unsafe class RecurrentBuffers : IDisposable
{
    private readonly int[] _mixedOffsets;
    private readonly int[] _headOffsets;
    private readonly int _heads;
    private readonly RecurrentConfig _config;
    private readonly NativeBuffer _zeros;
    private NativeBuffer? _memory;

    public RecurrentBuffers(StageModel stage)
    {
        _config = stage.Config.Recurrent!;
        (_mixedOffsets, _headOffsets) = (new int[stage.Pes.Length], new int[stage.Pes.Length]);
        int mixed = 0;
        foreach (var pe in stage.Pes)
        {
            (_mixedOffsets[pe.Index], _headOffsets[pe.Index]) = (mixed, _heads);
            mixed += pe.Share.Recurrent.ConvWidth(_config);
            _heads += pe.Share.Recurrent.HeadCount;
        }

        MixedStride = ForwardBuffers.Stride(mixed);
        NumberStride = 2 * _heads;
        OutputStride = ForwardBuffers.Stride(_heads * _config.HeadDim);
        int layer = Enumerable.Range(0, stage.LayerCount).FirstOrDefault(stage.IsRecurrent, -1);
        Input = new SplitInput(stage.Pes.Select(pe => (_headOffsets[pe.Index] * _config.HeadDim, layer < 0 ? null : pe.Layers[layer].Output!.Layout)));
        _zeros = new NativeBuffer((long)MixedStride * sizeof(float));
    }

    /// <summary>Floats from one row of queries, keys and values to the next.</summary>
    public int MixedStride { get; }

    /// <summary>Floats from one row's decays and gains to the next one's.</summary>
    public int NumberStride { get; }

    /// <summary>Floats from one row of outputs to the next.</summary>
    public int OutputStride { get; }

    /// <summary>The PEs' outputs as the output product reads them.</summary>
    public SplitInput Input { get; }

    /// <summary>What the convolution reads before a sequence begins.</summary>
    public float* Zeros => _zeros.Floats;

    private float* MixedRows { get; set; }

    private float* NumberRows { get; set; }

    private float* OutputRows { get; set; }

    /// <summary>One sum of squares for each head of the model, row by row.</summary>
    public float* Squares { get; private set; }

    /// <summary>A PE's queries, keys and values of a row, convolved.</summary>
    public float* Mixed(int row, StagePe pe) => MixedRows + (nint)row * MixedStride + _mixedOffsets[pe.Index];

    /// <summary>A row's decay for each of a PE's heads.</summary>
    public float* Decays(int row, StagePe pe) => NumberRows + (nint)row * NumberStride + _headOffsets[pe.Index];

    /// <summary>A row's gain for each of a PE's heads.</summary>
    public float* Gains(int row, StagePe pe) => Decays(row, pe) + _heads;

    /// <summary>The outputs of a PE's heads.</summary>
    public float* Outputs(int row, StagePe pe) => OutputRows + (nint)row * OutputStride + _headOffsets[pe.Index] * _config.HeadDim;

    /// <summary>A row's sums of squares.</summary>
    public float* SquaresOf(int row) => Squares + (nint)row * _config.HeadCount;

    /// <summary>Makes room for a number of rows.</summary>
    public void MakeRows(int rows)
    {
        _memory?.Dispose();
        _memory = null;
        _memory = new NativeBuffer(rows * (Input.Whole.QuantizedStride + ((long)MixedStride + OutputStride + NumberStride + _config.HeadCount) * sizeof(float)));
        MixedRows = _memory.Floats;
        OutputRows = MixedRows + (nint)rows * MixedStride;
        byte* next = (byte*)(OutputRows + (nint)rows * OutputStride);
        Input.Place(OutputRows, OutputStride, Input.Whole.Layout is null ? null : next);
        NumberRows = (float*)(next + (nint)rows * Input.Whole.QuantizedStride);
        Squares = NumberRows + (nint)rows * NumberStride;
    }

    public void Dispose()
    {
        _zeros.Dispose();
        _memory?.Dispose();
    }
}
