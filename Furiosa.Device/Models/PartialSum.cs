namespace Furiosa.Device.Models;

/// <summary>
/// How a block's partial sums enter the residual stream: tree of the PEs' sums (made already for a dense block within one process), then bias,
/// then the norm of the block's output, then the residual multiplier, then the residual; and which norm makes the next block's input.
/// </summary>
/// <param name="context">The stage and its buffers.</param>
/// <param name="bias">Null for none.</param>
/// <param name="experts">Whose weighted biases take the bias's place; null for a dense block.</param>
/// <param name="norm">Of the block's output; absent for none.</param>
internal sealed unsafe class PartialSum(ForwardContext context, float* bias, ExpertBlock? experts, Norm norm)
{
    private readonly float* _bias = bias;

    /// <summary>Makes the next block's input from the residual stream as it was before; absent for none.</summary>
    public Norm NormBefore { get; init; }

    /// <summary>Whether the next block's input is made from the residual stream as it then is, normed or not.</summary>
    public bool NormsAfter { get; init; }

    /// <summary>By which norm; absent to take the residual stream itself.</summary>
    public Norm NormAfter { get; init; }

    public void Run(int worker, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, context.Plan.RowCount);
        var buffers = context.Buffers;
        var config = context.Stage.Config;
        int count = experts is null && context.Stage.SumsHere ? 1 : context.Stage.TensorParallel, width = config.HiddenSize;
        float** partials = stackalloc float*[count];
        float* output = buffers.Scratch(worker), expertBias = output + buffers.HiddenStride;
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            if (NormBefore.IsPresent) context.Norm(row, NormBefore, row);
            for (int rank = 0; rank < count; rank++) partials[rank] = buffers.Partials[rank] + (nint)row * buffers.HiddenStride;
            float* added = experts is not null && experts.TryBias(row, expertBias) ? expertBias : _bias;
            if (!norm.IsPresent && config.ResidualScale == 1)
            {
                context.Kernels.AddResidual(partials, count, added, context.Residual(row), width);
            }
            else
            {
                context.Kernels.Gather(partials, count, added, output, width);
                if (norm.IsPresent) context.Norm(output, norm, output, width);
                context.Kernels.AddScaled(context.Residual(row), output, config.ResidualScale, width);
            }

            if (NormsAfter) context.Norm(row, NormAfter, row);
        }
    }
}
