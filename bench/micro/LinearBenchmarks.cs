using BenchmarkDotNet.Attributes;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Benchmarks;

/// <summary>One thread's linear product, weights in the cache: 256 columns.</summary>
public unsafe class LinearBenchmarks
{
    private const int Columns = 256;

    private readonly NativeBuffer _output = new(64L * Columns * sizeof(float));
    private KernelSet _kernels = null!;
    private PackedMatrix _matrix = null!;
    private NativeBuffer _input = null!;
    private NativeBuffer _quantized = null!;
    private int _inputStride;
    private int _quantizedStride;

    /// <summary>The instructions; a level that the machine lacks falls back to the next below.</summary>
    [Params("Auto", "Scalar")]
    public string Level { get; set; } = "Auto";

    /// <summary>How the weights are kept.</summary>
    [Params("F32", "Bf16", "Int8", "Int4")]
    public string Format { get; set; } = "Bf16";

    /// <summary>Rows multiplied at once.</summary>
    [Params(1, 16, 64)]
    public int Rows { get; set; } = 1;

    /// <summary>Inputs of a column.</summary>
    [Params(384, 2048)]
    public int Inputs { get; set; } = 384;

    /// <summary>Random weights and rows.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _kernels = KernelSet.For(Enum.Parse<KernelLevel>(Level));
        _matrix = new PackedMatrix(Enum.Parse<WeightFormat>(Format, ignoreCase: true), Columns, [0, Inputs], []);
        var random = new Random(1);
        // Rows a multiple of 4 KiB apart would share their places in the cache.
        _inputStride = Inputs + 16;
        _input = new NativeBuffer(64L * _inputStride * sizeof(float));
        for (int i = 0; i < 64 * _inputStride; i++) _input.Floats[i] = random.NextSingle() - 0.5f;
        var weights = new float[Inputs];
        for (int panel = 0; panel < _matrix.PanelCount; panel++)
        {
            for (int i = 0; i < Inputs; i++) weights[i] = (random.NextSingle() - 0.5f) * 0.1f;
            if (_matrix.Layout is null) FillFloats(panel, weights);
            else for (int column = 0; column < PackedMatrix.PanelColumns; column++) QuantizedPacker.TryPack(_matrix, panel, column, weights);
        }

        if (_matrix.Layout is not { } layout) return;
        _quantizedStride = (layout.RowBytes + 127) / 128 * 128 + 64;
        _quantized = new NativeBuffer(64L * _quantizedStride);
        for (int row = 0; row < 64; row++) _kernels.Quantize(layout, _input.Floats + (nint)row * _inputStride, _quantized.Pointer + (nint)row * _quantizedStride);
    }

    /// <summary>The product.</summary>
    [Benchmark]
    public void Multiply()
    {
        if (_matrix.Layout is null) _kernels.Linear(_matrix, 0, _matrix.PanelCount, _input.Floats, _inputStride, Rows, _output.Floats, Columns);
        else _kernels.QuantizedLinear(_matrix, 0, _matrix.PanelCount, _quantized.Pointer, _quantizedStride, Rows, _output.Floats, Columns);
    }

    private void FillFloats(int panel, float[] weights)
    {
        for (int i = 0; i < Inputs; i++)
        {
            for (int column = 0; column < PackedMatrix.PanelColumns; column++)
            {
                int at = i * PackedMatrix.PanelColumns + column;
                if (_matrix.Format == WeightFormat.Bf16) ((ushort*)_matrix.Panel(panel))[at] = PanelPacker.RoundToBf16(weights[i]);
                else ((float*)_matrix.Panel(panel))[at] = weights[i];
            }
        }
    }
}
