using Furiosa.Device.Kernels.Coded;
using Furiosa.Device.Kernels.Compressed;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Kernels.Rounded;
using Furiosa.Device.Kv;

namespace Furiosa.Device.Kernels;

/// <summary>All kernels at one instruction level, chosen once at start-up.</summary>
internal abstract unsafe class KernelSet
{
    public static KernelSet For(KernelLevel level) => KernelLevels.Resolve(level) switch
    {
        KernelLevel.Vnni512 => new KernelSet<Lanes512>(KernelLevel.Vnni512, () => VnniTiles.TryGet() ?? (IntegerTiles)new ManagedTiles<Integers512, Lanes512>()),
        KernelLevel.Vector512 => new KernelSet<Lanes512>(KernelLevel.Vector512, () => new ManagedTiles<Integers512, Lanes512>()),
        KernelLevel.Vector256 => new KernelSet<Lanes256>(KernelLevel.Vector256, () => Avx2BlockTiles.TryGet() ?? (Avx2Tiles.IsSupported ? new Avx2Tiles() : new ManagedTiles<Integers256, Lanes256>() as IntegerTiles)),
        KernelLevel.Scalar => new KernelSet<LanesScalar>(KernelLevel.Scalar, () => new ManagedTiles<IntegersScalar, LanesScalar>()),
        var other => throw new ArgumentOutOfRangeException(nameof(level), other, "no kernels are known for it"),
    };

    public abstract KernelLevel Level { get; }

    /// <summary>Makes the code of products with quantised or rounded rows, which the first of them would wait for.</summary>
    /// <param name="ofPairs">Whether rows are rounded, see <see cref="GroupLayout.OfPairs"/>.</param>
    public abstract void PrepareQuantized(bool ofPairs);

    /// <inheritdoc cref="LinearKernel{TLanes,TPanel}.Run"/>
    public abstract void Linear(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride);

    /// <inheritdoc cref="QuantizedKernel{TLanes}.Run"/>
    public abstract void QuantizedLinear(PackedMatrix matrix, int firstPanel, int panelCount, byte* a, nint aStride, int rows, float* y, nint yStride);

    /// <summary>Quantises or rounds one row for products with matrices of the layout.</summary>
    public void Quantize(GroupLayout layout, float* row, byte* target)
    {
        for (int chunk = 0; chunk < layout.ChunkCount; chunk++)
        {
            int start = layout.ChunkStarts[chunk];
            QuantizeGroups(layout, row + start, layout.ChunkStarts[chunk + 1] - start, target + layout.ChunkGroups[chunk] * layout.GroupBytes);
        }
    }

    /// <summary>Quantises or rounds some columns of a row, of which no others need be known.</summary>
    /// <param name="layout">A layout whose groups are <see cref="GroupLayout.IsEven">even</see>.</param>
    /// <param name="x">The columns.</param>
    /// <param name="first">Which is the first: a multiple of 32.</param>
    /// <param name="count">Columns: a multiple of 32, or up to the end of the row; what is beyond that end does not count.</param>
    /// <param name="target">The quantised row.</param>
    public void QuantizeColumns(GroupLayout layout, float* x, int first, int count, byte* target) =>
        QuantizeGroups(layout, x, Math.Min(count, layout.Inputs - first), target + (layout.OfPairs ? first / 2 : first / GroupLayout.GroupSize) * layout.GroupBytes);

    private void QuantizeGroups(GroupLayout layout, float* x, int count, byte* target)
    {
        if (layout.OfPairs) RowRounder.Round(x, count, (uint*)target);
        else RowQuantizer.Quantize(x, count, target, Level == KernelLevel.Scalar);
    }

    /// <inheritdoc cref="RowKernels{TLanes}.RmsNorm"/>
    public abstract void RmsNorm(float* x, float* weight, float* y, int width, float epsilon);

    /// <inheritdoc cref="RowKernels{TLanes}.LayerNorm"/>
    public abstract void LayerNorm(float* x, float* weight, float* bias, float* y, int width, float epsilon);

    /// <inheritdoc cref="RowKernels{TLanes}.SquareSum"/>
    public abstract float SquareSum(float* x, int width);

    /// <inheritdoc cref="RowKernels{TLanes}.Scale"/>
    public abstract void Scale(float* x, float* weight, float* y, int width, float factor);

    /// <inheritdoc cref="RowKernels{TLanes}.Rotate"/>
    public abstract void Rotate(float* head, float* cosines, float* sines, int pairs);

    /// <inheritdoc cref="ConvKernel{TLanes}.Run"/>
    public abstract void Convolve(float** rows, int count, float* taps, nint tapStride, float* bias, float* gate, float* y, int channels);

    /// <inheritdoc cref="ConvKernel{TLanes}.Silu"/>
    public abstract void ConvolveSilu(float** rows, int count, float* taps, nint tapStride, float* bias, float* y, int channels);

    /// <inheritdoc cref="ScanKernel{TLanes}.Delta"/>
    public abstract void ScanDelta(in ScanRows rows, float* state);

    /// <inheritdoc cref="ScanKernel{TLanes}.StateSpace"/>
    public abstract void ScanStateSpace(in ScanRows rows, float* state);

    /// <inheritdoc cref="RowKernels{TLanes}.AddResidual"/>
    public abstract void AddResidual(float** partials, int count, float* bias, float* x, int width);

    /// <inheritdoc cref="RowKernels{TLanes}.Gather"/>
    public abstract void Gather(float** partials, int count, float* bias, float* y, int width);

    /// <inheritdoc cref="RowKernels{TLanes}.AddScaled"/>
    public abstract void AddScaled(float* x, float* y, float factor, int width);

    /// <inheritdoc cref="RowKernels{TLanes}.AddRows"/>
    public abstract void AddRows(float* x, nint xStride, float* y, nint yStride, int width, int rows);

    /// <inheritdoc cref="RowKernels{TLanes}.Cap"/>
    public abstract void Cap(float* x, int count, float factor, float cap);

    /// <inheritdoc cref="ActivationKernels{TLanes}.Run"/>
    public abstract void Activate(Activation activation, float* x, float* up, int count, float limit, float* parameters = null);

    /// <inheritdoc cref="ActivationKernels{TLanes}.GateSilu"/>
    public abstract void GateSilu(float* gate, float* x, float* y, int n);

    /// <inheritdoc cref="ActivationKernels{TLanes}.GateSigmoid"/>
    public abstract void GateSigmoid(float* gate, float* x, float* y, int n);

    /// <summary>Each chunk's sums of one panel for floats or, where the matrix is quantised, for rows quantised by its layout.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="a">Input rows: floats, or quantised.</param>
    /// <param name="aBytes">Bytes from one input row to the next.</param>
    /// <param name="rows">Rows, at most 64.</param>
    /// <param name="sums">Takes [chunk][row][32].</param>
    public abstract void LinearChunks(PackedMatrix matrix, int panel, byte* a, nint aBytes, int rows, float* sums);

    /// <inheritdoc cref="ExpertKernels{TLanes}.AddWeighted"/>
    public abstract void AddWeighted(float* target, float* sums, float weight);

    /// <inheritdoc cref="ExpertKernels{TLanes}.Tree"/>
    public abstract void ChunkTree(float* chunks, int count, nint stride, float* y);

    /// <inheritdoc cref="AttentionKernel{TLanes,TKv}.Run"/>
    public abstract void Attend(
        in AttentionShape shape, float** queries, float** outputs, int* positions, int count, int* blocks, byte* cache, float* sinks, float* scratch,
        float** biases = null, nint* biasRows = null);
}

/// <summary>The kernels over one lane type.</summary>
internal sealed unsafe class KernelSet<TLanes>(KernelLevel level, Func<IntegerTiles> tiles) : KernelSet where TLanes : struct, ILanes<TLanes>
{
    private readonly Lazy<IntegerTiles> _tiles = new(tiles);
    private readonly Lazy<IntegerTiles> _pairTiles = new(() => level == KernelLevel.Vnni512 ? PairTiles.TryGet() ?? (IntegerTiles)new ManagedPairTiles() : new ManagedPairTiles());

    public override KernelLevel Level => level;

    public override void PrepareQuantized(bool ofPairs) => _ = (ofPairs ? _pairTiles : _tiles).Value;

    public override void Linear(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        if (matrix.Format == WeightFormat.Codes) CodedKernel<TLanes>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
        else if (matrix.Compression is not null) CompressedKernel<TLanes>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
        else if (matrix.Format == WeightFormat.Bf16) LinearKernel<TLanes, Bf16Panel<TLanes>>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
        else if (matrix.Format == WeightFormat.F16) LinearKernel<TLanes, F16Panel<TLanes>>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
        else LinearKernel<TLanes, F32Panel<TLanes>>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
    }

    public override void QuantizedLinear(
        PackedMatrix matrix, int firstPanel, int panelCount, byte* a, nint aStride, int rows, float* y, nint yStride) =>
        QuantizedKernel<TLanes>.Run(TilesOf(matrix), matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);

    public override void RmsNorm(float* x, float* weight, float* y, int width, float epsilon) =>
        RowKernels<TLanes>.RmsNorm(x, weight, y, width, epsilon);

    public override void LayerNorm(float* x, float* weight, float* bias, float* y, int width, float epsilon) =>
        RowKernels<TLanes>.LayerNorm(x, weight, bias, y, width, epsilon);

    public override float SquareSum(float* x, int width) => RowKernels<TLanes>.SquareSum(x, width);

    public override void Scale(float* x, float* weight, float* y, int width, float factor) => RowKernels<TLanes>.Scale(x, weight, y, width, factor);

    public override void Rotate(float* head, float* cosines, float* sines, int pairs) => RowKernels<TLanes>.Rotate(head, cosines, sines, pairs);

    public override void Convolve(float** rows, int count, float* taps, nint tapStride, float* bias, float* gate, float* y, int channels) =>
        ConvKernel<TLanes>.Run(rows, count, taps, tapStride, bias, gate, y, channels);

    public override void ConvolveSilu(float** rows, int count, float* taps, nint tapStride, float* bias, float* y, int channels) =>
        ConvKernel<TLanes>.Silu(rows, count, taps, tapStride, bias, y, channels);

    public override void ScanDelta(in ScanRows rows, float* state) => ScanKernel<TLanes>.Delta(rows, state);

    public override void ScanStateSpace(in ScanRows rows, float* state) => ScanKernel<TLanes>.StateSpace(rows, state);

    public override void AddResidual(float** partials, int count, float* bias, float* x, int width) =>
        RowKernels<TLanes>.AddResidual(partials, count, bias, x, width);

    public override void Gather(float** partials, int count, float* bias, float* y, int width) =>
        RowKernels<TLanes>.Gather(partials, count, bias, y, width);

    public override void AddScaled(float* x, float* y, float factor, int width) => RowKernels<TLanes>.AddScaled(x, y, factor, width);

    public override void AddRows(float* x, nint xStride, float* y, nint yStride, int width, int rows) =>
        RowKernels<TLanes>.AddRows(x, xStride, y, yStride, width, rows);

    public override void Cap(float* x, int count, float factor, float cap) => RowKernels<TLanes>.Cap(x, count, factor, cap);

    public override void Activate(Activation activation, float* x, float* up, int count, float limit, float* parameters = null) =>
        ActivationKernels<TLanes>.Run(activation, x, up, count, limit, parameters);

    public override void GateSilu(float* gate, float* x, float* y, int n) => ActivationKernels<TLanes>.GateSilu(gate, x, y, n);

    public override void GateSigmoid(float* gate, float* x, float* y, int n) => ActivationKernels<TLanes>.GateSigmoid(gate, x, y, n);

    public override void LinearChunks(PackedMatrix matrix, int panel, byte* a, nint aBytes, int rows, float* sums)
    {
        if (matrix.Codes is not null) CodedKernel<TLanes>.Chunks(matrix, panel, (float*)a, aBytes / sizeof(float), rows, sums);
        else if (matrix.Layout is not null) QuantizedKernel<TLanes>.Chunks(TilesOf(matrix), matrix, panel, a, aBytes, rows, sums);
        else if (matrix.Compression is not null) CompressedKernel<TLanes>.Chunks(matrix, panel, (float*)a, aBytes / sizeof(float), rows, sums);
        else if (matrix.Format == WeightFormat.Bf16) LinearKernel<TLanes, Bf16Panel<TLanes>>.Chunks(matrix, panel, (float*)a, aBytes / sizeof(float), rows, sums);
        else if (matrix.Format == WeightFormat.F16) LinearKernel<TLanes, F16Panel<TLanes>>.Chunks(matrix, panel, (float*)a, aBytes / sizeof(float), rows, sums);
        else LinearKernel<TLanes, F32Panel<TLanes>>.Chunks(matrix, panel, (float*)a, aBytes / sizeof(float), rows, sums);
    }

    public override void AddWeighted(float* target, float* sums, float weight) => ExpertKernels<TLanes>.AddWeighted(target, sums, weight);

    public override void ChunkTree(float* chunks, int count, nint stride, float* y) => ExpertKernels<TLanes>.Tree(chunks, count, stride, y);

    public override void Attend(
        in AttentionShape shape, float** queries, float** outputs, int* positions, int count, int* blocks, byte* cache, float* sinks, float* scratch,
        float** biases = null, nint* biasRows = null)
    {
        switch (shape.Dtype)
        {
            case KvCacheDtype.Float32: AttentionKernel<TLanes, Float32Elements<TLanes>>.Run(shape, queries, outputs, positions, count, blocks, cache, sinks, scratch, biases, biasRows); break;
            case KvCacheDtype.Bfloat16: AttentionKernel<TLanes, Bfloat16Elements<TLanes>>.Run(shape, queries, outputs, positions, count, blocks, cache, sinks, scratch, biases, biasRows); break;
            default: AttentionKernel<TLanes, Int8Elements<TLanes>>.Run(shape, queries, outputs, positions, count, blocks, cache, sinks, scratch, biases, biasRows); break;
        }
    }

    private IntegerTiles TilesOf(PackedMatrix matrix) => (matrix.Format == WeightFormat.Bf16Rounded ? _pairTiles : _tiles).Value;
}
