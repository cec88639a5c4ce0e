using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels;

/// <summary>All kernels at one instruction level, chosen once at start-up.</summary>
internal abstract unsafe class KernelSet
{
    public static KernelSet For(KernelLevel level) => KernelLevels.Resolve(level) switch
    {
        KernelLevel.Vnni512 => new KernelSet<Lanes512>(KernelLevel.Vnni512, () => VnniTiles.TryGet() ?? (IntegerTiles)new ManagedTiles<Integers512, Lanes512>()),
        KernelLevel.Vector512 => new KernelSet<Lanes512>(KernelLevel.Vector512, () => new ManagedTiles<Integers512, Lanes512>()),
        KernelLevel.Vector256 => new KernelSet<Lanes256>(KernelLevel.Vector256, () => new ManagedTiles<Integers256, Lanes256>()),
        _ => new KernelSet<LanesScalar>(KernelLevel.Scalar, () => new ManagedTiles<IntegersScalar, LanesScalar>()),
    };

    public abstract KernelLevel Level { get; }

    /// <inheritdoc cref="LinearKernel{TLanes,TPanel}.Run"/>
    public abstract void Linear(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride);

    /// <inheritdoc cref="QuantizedKernel{TLanes}.Run"/>
    public abstract void QuantizedLinear(PackedMatrix matrix, int firstPanel, int panelCount, byte* a, nint aStride, int rows, float* y, nint yStride);

    /// <summary>Quantises one row for products with matrices of the layout.</summary>
    public void Quantize(GroupLayout layout, float* row, byte* target) => RowQuantizer.Quantize(layout, row, target, Level == KernelLevel.Scalar);

    /// <inheritdoc cref="RowKernels{TLanes}.RmsNorm"/>
    public abstract void RmsNorm(float* x, float* weight, float* y, int width, float epsilon);

    /// <inheritdoc cref="RowKernels{TLanes}.Rotate"/>
    public abstract void Rotate(float* head, float* cosines, float* sines, int pairs);

    /// <inheritdoc cref="RowKernels{TLanes}.AddResidual"/>
    public abstract void AddResidual(float** partials, int count, float* bias, float* x, int width);

    /// <inheritdoc cref="RowKernels{TLanes}.GatedSilu"/>
    public abstract void GatedSilu(float* gate, float* up, int count);

    /// <inheritdoc cref="AttentionKernel{TLanes}.Run"/>
    public abstract void Attend(
        in AttentionShape shape, float** queries, float** outputs, int* positions, int count, int* blocks, float* cache, float* scratch);
}

/// <summary>The kernels over one lane type.</summary>
internal sealed unsafe class KernelSet<TLanes>(KernelLevel level, Func<IntegerTiles> tiles) : KernelSet where TLanes : struct, ILanes<TLanes>
{
    private readonly Lazy<IntegerTiles> _tiles = new(tiles);

    public override KernelLevel Level => level;

    public override void Linear(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        if (matrix.Format == WeightFormat.Bf16) LinearKernel<TLanes, Bf16Panel<TLanes>>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
        else LinearKernel<TLanes, F32Panel<TLanes>>.Run(matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);
    }

    public override void QuantizedLinear(
        PackedMatrix matrix, int firstPanel, int panelCount, byte* a, nint aStride, int rows, float* y, nint yStride) =>
        QuantizedKernel<TLanes>.Run(_tiles.Value, matrix, firstPanel, panelCount, a, aStride, rows, y, yStride);

    public override void RmsNorm(float* x, float* weight, float* y, int width, float epsilon) =>
        RowKernels<TLanes>.RmsNorm(x, weight, y, width, epsilon);

    public override void Rotate(float* head, float* cosines, float* sines, int pairs) => RowKernels<TLanes>.Rotate(head, cosines, sines, pairs);

    public override void AddResidual(float** partials, int count, float* bias, float* x, int width) =>
        RowKernels<TLanes>.AddResidual(partials, count, bias, x, width);

    public override void GatedSilu(float* gate, float* up, int count) => RowKernels<TLanes>.GatedSilu(gate, up, count);

    public override void Attend(
        in AttentionShape shape, float** queries, float** outputs, int* positions, int count, int* blocks, float* cache, float* scratch) =>
        AttentionKernel<TLanes>.Run(shape, queries, outputs, positions, count, blocks, cache, scratch);
}
