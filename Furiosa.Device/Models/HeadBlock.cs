using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The end of the last stage: final norm, output head and sampling, for the sampled rows only.</summary>
internal sealed unsafe class HeadBlock(ForwardContext context, int workers)
{
    private readonly StepSampler _sampler = new(workers, context.BadWords);
    private readonly PanelGroup[] _groups = PanelGroup.Of(context.Stage.Pes, pe => pe.Head!);

    private int Rows => context.Plan.SampledRowCount;

    public int NormItems() => RowRange.BlocksOf(context.Plan.NormedRowCount, RowRange.LightRows);

    /// <summary>Norms the rows that are sampled or pooled into the first rows of the normed buffer.</summary>
    public void Norm(int worker, int item)
    {
        var rows = RowRange.Of(item, RowRange.LightRows, context.Plan.NormedRowCount);
        for (int i = rows.First; i < rows.First + rows.Count; i++) context.Norm(context.Plan.SampledRows[i], context.Stage.FinalNorm, i);
    }

    public int ProjectItems() => RowRange.BlocksOf(Rows, RowRange.ProductRows) * _groups.Length;

    /// <summary>What each group of panels of <see cref="Project"/> reads.</summary>
    public WeightReads Reads => new(_groups.Length, group => [_groups[group].Bytes(_groups[group].Pe.Head!)]);

    /// <summary>Logits of some rows of the vocabulary.</summary>
    public void Project(int worker, int item)
    {
        var group = _groups[item % _groups.Length];
        var rows = RowRange.Of(item / _groups.Length, RowRange.ProductRows, Rows);
        float* target = context.Logits(rows.First) + group.Pe.Share.FirstVocab + group.First * PackedMatrix.PanelColumns;
        context.Multiply(group.Pe.Head!, group.First, group.Count, context.Buffers.NormedInput, rows, target, context.Buffers.LogitsStride);
        var config = context.Stage.Config;
        if (config.LogitScale == 1 && config.LogitSoftCap == 0) return;
        for (int row = 0; row < rows.Count; row++)
            context.Kernels.Cap(target + (nint)row * context.Buffers.LogitsStride, group.Count * PackedMatrix.PanelColumns, config.LogitScale, config.LogitSoftCap);
    }

    public int SampleItems() => context.Plan.Batch.Samples.Length;

    /// <summary>Answers one request.</summary>
    public void Sample(int worker, int item)
    {
        var sample = context.Plan.Batch.Samples[item];
        if (sample.Request is PoolRows pool)
        {
            context.Answers[item] = new SampleAnswer(0, float.NaN, null) { Sum = Pool(sample.Row, pool) };
            return;
        }

        var logits = new ReadOnlySpan<float>(context.Logits(context.Plan.LogitsIndex(sample.Row)), context.Stage.Config.VocabSize);
        context.Answers[item] = _sampler.Answer(
            worker, sample, context.Plan.Positions[sample.Row], logits, context.Constraints.Of(sample.Request, sample.GeneratedIds));
    }

    private double[] Pool(int first, PoolRows pool)
    {
        var sum = new double[context.Stage.Config.HiddenSize];
        pool.Sum?.AsSpan(0, sum.Length).CopyTo(sum);
        for (int row = first; row < first + pool.Count; row++)
        {
            float* values = context.Normed(context.Plan.LogitsIndex(row));
            for (int i = 0; i < sum.Length; i++) sum[i] += values[i];
        }

        return sum;
    }
}
