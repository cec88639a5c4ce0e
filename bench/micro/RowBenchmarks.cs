using BenchmarkDotNet.Attributes;
using Furiosa.Device.Kernels;

namespace Furiosa.Benchmarks;

/// <summary>What is done to one row between products, one thread.</summary>
public unsafe class RowBenchmarks
{
    private const int MostWidth = 8192;

    private readonly KernelSet _kernels = KernelSet.For(KernelLevel.Auto);
    private readonly NativeBuffer _memory = new(12L * MostWidth * sizeof(float));

    /// <summary>Elements of the row.</summary>
    [Params(384, 2048, 8192)]
    public int Width { get; set; } = 2048;

    /// <summary>Root mean square norm.</summary>
    [Benchmark]
    public void RmsNorm() => _kernels.RmsNorm(Row(0), Row(1), Row(2), Width, 1e-5f);

    /// <summary>Gate and up joined.</summary>
    [Benchmark]
    public void SiluTimesUp() => _kernels.Activate(Activation.Silu, Row(0), Row(1), Width, 0);

    /// <summary>The sums of eight processing elements into the residual stream.</summary>
    [Benchmark]
    public void AddResidual()
    {
        float** partials = stackalloc float*[8];
        for (int rank = 0; rank < 8; rank++) partials[rank] = Row(rank + 3);
        _kernels.AddResidual(partials, 8, null, Row(0), Width);
    }

    private float* Row(int index) => _memory.Floats + (nint)index * MostWidth;
}
