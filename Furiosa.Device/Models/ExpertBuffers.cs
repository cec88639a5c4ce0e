using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// Tokens on their way through the experts of a layer; layer after layer uses it again. A slot is one row at one expert: slots are in
/// ascending order of experts and, within one, of rows. The shared expert, where there is one, comes last and has every row.
/// </summary>
internal sealed unsafe class ExpertBuffers : IDisposable
{
    /// <summary>Rows whose sums over experts one item of the down product holds.</summary>
    public const int DownRows = 256;

    private readonly ExpertConfig _experts;
    private readonly int[] _quantizedStrides;
    private readonly int _inputStride;
    private readonly bool _quantized;
    private readonly bool _keepsFloats;
    private NativeBuffer? _memory;
    private byte* _inputs;
    private float* _ffn;

    public ExpertBuffers(StageModel stage, int hiddenStride)
    {
        _experts = stage.Config.Experts!;
        FfnStride = ForwardBuffers.Stride(stage.Pes.Sum(pe => pe.ExpertColumns));
        _keepsFloats = stage.Pes.Any(pe => pe.Layers.SelectMany(layer => layer.Experts).Any(ffn => ffn.Down.Layout is null));
        LogitStride = (_experts.Total + PackedMatrix.PanelColumns - 1) / PackedMatrix.PanelColumns * PackedMatrix.PanelColumns;
        var hidden = stage.HiddenLayout;
        _quantized = hidden is not null;
        _inputStride = hidden is null ? hiddenStride * sizeof(float) : new LinearInput(hidden).QuantizedStride;
        _quantizedStrides = [.. stage.Pes.Select(pe => pe.Layers.SelectMany(layer => layer.Experts).Max(ffn => new LinearInput(ffn.Down.Layout).QuantizedStride))];
        First = new int[_experts.Total + 1];
        Quantized = new byte*[stage.Pes.Length];
    }

    /// <summary>Scratch of a compute thread for the down product: sums of <see cref="DownRows"/> rows and those of 64 slots, by chunk.</summary>
    public static long ScratchFloats => ChunkPartition.ChunkCount * (DownRows + RowRange.ProductRows) * PackedMatrix.PanelColumns;

    /// <summary>Router logits, row after row.</summary>
    public float* Logits { get; private set; }

    public int LogitStride { get; }

    /// <summary>The experts of each row, ascending, <see cref="ExpertConfig.Used"/> of them.</summary>
    public int[] Chosen { get; private set; } = [];

    /// <summary>What the outputs of each row's experts are multiplied by.</summary>
    public float[] Weights { get; private set; } = [];

    /// <summary>The first slot of each expert; last the number of slots.</summary>
    public int[] First { get; }

    /// <summary>The row of each slot.</summary>
    public int[] RowOf { get; private set; } = [];

    /// <summary>The weight of each slot.</summary>
    public float[] WeightOf { get; private set; } = [];

    /// <summary>A slot's input, as products read it.</summary>
    public byte* Input(int slot) => _inputs + (nint)slot * _inputStride;

    /// <summary>Bytes from one slot's input to the next.</summary>
    public int InputStride => _inputStride;

    /// <summary>A slot's feed-forward width, PE after PE; of no use where it is quantised as it is made.</summary>
    public float* Ffn(int slot) => _ffn + (nint)slot * FfnStride;

    /// <summary>Floats from one slot's feed-forward width to the next.</summary>
    public int FfnStride { get; }

    /// <summary>Each local PE's first slot, quantised for its down product.</summary>
    public byte*[] Quantized { get; }

    /// <summary>Bytes from one quantised slot of a PE to the next.</summary>
    public int QuantizedStride(int pe) => _quantizedStrides[pe];

    /// <summary>Makes room for a number of rows.</summary>
    public void MakeRows(int rows)
    {
        int slots = checked(rows * _experts.Used);
        _memory?.Dispose();
        _memory = null;
        long logits = (long)rows * LogitStride * sizeof(float), inputs = (long)slots * _inputStride, ffn = _keepsFloats ? (long)slots * FfnStride * sizeof(float) : 0;
        long quantized = _quantized ? _quantizedStrides.Sum(stride => (long)slots * stride) : 0;
        _memory = new NativeBuffer(logits + inputs + ffn + quantized);
        Logits = _memory.Floats;
        _inputs = (byte*)Logits + logits;
        _ffn = (float*)(_inputs + inputs);
        byte* next = (byte*)_ffn + ffn;
        for (int pe = 0; pe < Quantized.Length && _quantized; next += (long)slots * _quantizedStrides[pe++]) Quantized[pe] = next;
        (Chosen, Weights, RowOf, WeightOf) = (new int[slots], new float[slots], new int[slots], new float[slots]);
    }

    public void Dispose() => _memory?.Dispose();

    /// <summary>Sorts the rows' choices into slots.</summary>
    public void Order(int rows)
    {
        int used = _experts.Used;
        Array.Clear(First);
        for (int i = 0; i < rows * used; i++) First[Chosen[i] + 1]++;
        for (int expert = 0; expert < _experts.Total; expert++) First[expert + 1] += First[expert];
        Span<int> next = _experts.Total <= 1024 ? stackalloc int[_experts.Total] : new int[_experts.Total];
        First.AsSpan(0, next.Length).CopyTo(next);
        for (int i = 0; i < rows * used; i++)
        {
            int slot = next[Chosen[i]]++;
            (RowOf[slot], WeightOf[slot]) = (i / used, Weights[i]);
        }
    }

    /// <summary>The first slot of an expert whose row is not below the given one.</summary>
    public int SlotFrom(int expert, int row)
    {
        int low = First[expert], high = First[expert + 1];
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (RowOf[middle] < row) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
