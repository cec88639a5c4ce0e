using Furiosa.Device.Execution;
using Furiosa.Device.Grammar;
using Furiosa.Device.Kernels;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Models;

/// <summary>What the blocks of a forward pass share: the stage, its buffers, the step being computed.</summary>
internal sealed unsafe class ForwardContext : IDisposable
{
    private readonly RopeTable[] _ropes;

    /// <param name="stage">The stage.</param>
    /// <param name="kernels">What computes.</param>
    /// <param name="ropes">The rotary tables that its layers choose from.</param>
    /// <param name="positions">The longest sequence.</param>
    /// <param name="workers">Compute threads.</param>
    public ForwardContext(StageModel stage, KernelSet kernels, RopeTable[] ropes, int positions, int workers)
    {
        Stage = stage;
        Kernels = kernels;
        Workers = workers;
        Buffers = new ForwardBuffers(stage, workers);
        Plan = new StepPlan(stage.Config.VocabSize, positions, stage.CacheSize);
        _ropes = ropes;
    }

    public StageModel Stage { get; }

    public KernelSet Kernels { get; }

    /// <summary>Where the sequences stand that follow a grammar.</summary>
    public SequenceConstraints Constraints { get; init; } = new(null);

    /// <summary>Knows which tokens complete a forbidden word; null where no vocabulary was given.</summary>
    public Lazy<BadWordFilter>? BadWords { get; init; }

    /// <summary>What is added to attention scores by position; null for none.</summary>
    public AlibiTable? Alibi { get; init; }

    /// <summary>Compute threads, each with its own scratch memory.</summary>
    public int Workers { get; }

    public ForwardBuffers Buffers { get; }

    public StepPlan Plan { get; }

    /// <summary>Takes the times of phases.</summary>
    public PhaseClock Clock { get; } = new();

    /// <summary>Hidden states from the stage before; null at the first stage.</summary>
    public HiddenStates? Input { get; set; }

    /// <summary>Hidden states for the next stage; null at the last stage.</summary>
    public HiddenStates? Output { get; set; }

    /// <summary>Answers of the last stage.</summary>
    public SampleAnswer[] Answers { get; set; } = [];

    public float* Residual(int row) => Buffers.Residual + (nint)row * Buffers.HiddenStride;

    public float* Normed(int row) => Buffers.Normed + (nint)row * Buffers.HiddenStride;

    public float* Logits(int index) => Buffers.Logits + (nint)index * Buffers.LogitsStride;

    /// <summary>Where a PE's partial sums go, from some panel and row on.</summary>
    public float* Partial(PanelGroup group, int row) =>
        Buffers.Partials[group.Pe.Share.Rank] + (nint)row * Buffers.HiddenStride + group.First * PackedMatrix.PanelColumns;

    /// <summary>Norms a row of the residual stream into the buffer that linear products read; copies it where there is no norm.</summary>
    public void Norm(int row, Norm norm, int target)
    {
        int width = Stage.Config.HiddenSize;
        if (norm.IsPresent) Norm(Residual(row), norm, Normed(target), width);
        else new ReadOnlySpan<float>(Residual(row), width).CopyTo(new Span<float>(Normed(target), width));
        Quantize(Buffers.NormedInput, target);
    }

    /// <summary>The model's kind of norm.</summary>
    public void Norm(float* x, Norm norm, float* y, int width)
    {
        if (Stage.Config.Norms.Centred) Kernels.LayerNorm(x, norm.Weight, norm.Bias, y, width, Stage.Config.NormEps);
        else Kernels.RmsNorm(x, norm.Weight, y, width, Stage.Config.NormEps);
    }

    /// <summary>Whether the stage's weights are quantised, and with them the inputs of its products.</summary>
    public bool IsQuantized => Buffers.NormedInput.Layout is not null;

    /// <summary>Quantises one row for the products that read it; does nothing where weights are not quantised.</summary>
    public void Quantize(LinearInput input, int row)
    {
        if (input.Layout is not null) Kernels.Quantize(input.Layout, input.Row(row), input.QuantizedRow(row));
    }

    /// <summary>Quantises some columns of one row, which begin at a panel's first one; only where the input <see cref="LinearInput.TakesPanels"/>.</summary>
    public void QuantizeColumns(LinearInput input, int row, float* x, int first, int count) => Kernels.QuantizeColumns(input.Layout!, x, first, count, input.QuantizedRow(row));

    /// <summary>Quantises some rows: a phase of its own where they are quantised, and not panel by panel.</summary>
    public void QuantizeRows(LinearInput input, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, Plan.RowCount);
        for (int row = rows.First; row < rows.First + rows.Count; row++) Quantize(input, row);
    }

    /// <summary>Some panels' product for some rows of an input.</summary>
    public void Multiply(PackedMatrix matrix, int firstPanel, int panelCount, LinearInput input, RowRange rows, float* y, nint yStride)
    {
        if (matrix.Layout is null)
            Kernels.Linear(matrix, firstPanel, panelCount, input.Row(rows.First), input.Stride, rows.Count, y, yStride);
        else
            Kernels.QuantizedLinear(matrix, firstPanel, panelCount, input.QuantizedRow(rows.First), input.QuantizedStride, rows.Count, y, yStride);
    }

    /// <summary>The rotary table of one layer of the stage; null for a layer without rotation.</summary>
    public RopeTable? RopeOf(int layer) => Stage.Config.LayerRopes[Stage.FirstLayer + layer] is { } index ? _ropes[index] : null;

    /// <summary>Takes up a step: checks its batch and makes room for it, tables of positions included.</summary>
    /// <exception cref="ArgumentException">The batch refers to rows, blocks, tokens or positions that do not exist.</exception>
    public void Begin(StepBatch batch)
    {
        Plan.Fill(batch);
        var positions = 0;
        foreach (var slice in batch.Slices)
        {
            foreach (var rope in _ropes) rope.Prepare(slice.FirstPosition, slice.Count);
            positions = Math.Max(positions, slice.FirstPosition + slice.Count);
        }

        Alibi?.Prepare(positions);
        Buffers.Ensure(Plan.RowCount, Plan.SampledRowCount, positions);
    }

    public void Dispose() => Buffers.Dispose();
}
