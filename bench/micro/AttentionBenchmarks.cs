using BenchmarkDotNet.Attributes;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Benchmarks;

/// <summary>One KV head's queries over a sequence, one thread.</summary>
public unsafe class AttentionBenchmarks
{
    private const int HeadDim = 64;

    private readonly KernelSet _kernels = KernelSet.For(KernelLevel.Auto);
    private readonly NativeBuffer _rows = new(2L * AttentionShape.MaxQueries * HeadDim * sizeof(float));
    private AttentionShape _shape;
    private NativeBuffer _cache = null!;
    private NativeBuffer _scratch = null!;
    private int[] _blocks = [];

    /// <summary>How keys and values are kept.</summary>
    [Params("Float32", "Bfloat16", "Int8")]
    public string Cache { get; set; } = "Float32";

    /// <summary>Positions of the sequence.</summary>
    [Params(128, 1024)]
    public int Positions { get; set; } = 128;

    /// <summary>Queries that share the head's keys and values.</summary>
    [Params(1, 4)]
    public int Queries { get; set; } = 1;

    /// <summary>A cache of zeros: the time does not depend on what it holds.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _shape = new AttentionShape(HeadDim, HeadDim, int.MaxValue, 1f / MathF.Sqrt(HeadDim), 0, Enum.Parse<KvCacheDtype>(Cache));
        _blocks = [.. Enumerable.Range(0, Positions / AttentionShape.BlockPositions)];
        _cache = new NativeBuffer(_shape.BlockBytes * _blocks.Length);
        _scratch = new NativeBuffer(_shape.ScratchFloats(Positions) * sizeof(float));
    }

    /// <summary>The attention.</summary>
    [Benchmark]
    public void Attend()
    {
        float** queries = stackalloc float*[AttentionShape.MaxQueries], outputs = stackalloc float*[AttentionShape.MaxQueries];
        int* positions = stackalloc int[AttentionShape.MaxQueries];
        for (int query = 0; query < Queries; query++)
        {
            queries[query] = _rows.Floats + query * HeadDim;
            outputs[query] = _rows.Floats + (AttentionShape.MaxQueries + query) * HeadDim;
            positions[query] = Positions - 1;
        }

        fixed (int* blocks = _blocks) _kernels.Attend(_shape, queries, outputs, positions, Queries, blocks, _cache.Pointer, null, _scratch.Floats);
    }
}
