using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Cuts tensors into the PEs' shares and packs them, panels spread over the compute team.</summary>
internal sealed class WeightPacker(DecoderTensors tensors, ModelConfig config, WeightDtype dtype, WeightQuantization quantization, ComputeTeam team)
{
    private readonly int _headDim = config.HeadDim;

    /// <summary>The embedding, which is looked up and not packed.</summary>
    public EmbeddingTable Embedding { get; } = new(tensors.Embedding, dtype);

    public LayerShard PackLayer(int layer, PeShare share, int tensorParallel)
    {
        Projection q = tensors.Query(layer), k = tensors.Key(layer), v = tensors.Value(layer);
        int kvRow = share.FirstOwnedKvHead * _headDim, kvRows = share.OwnedKvHeadCount * _headDim;
        var qkv = Columns(
            [q.Bias, k.Bias, v.Bias],
            new RowSource(q.Weight, share.FirstHead * _headDim, share.HeadCount * _headDim),
            new RowSource(k.Weight, kvRow, kvRows),
            new RowSource(v.Weight, kvRow, kvRows));

        int queryWidth = config.HeadCount * _headDim;
        return new LayerShard(
            qkv,
            Chunks(tensors.Output(layer).Weight, queryWidth, _headDim, share.FirstHead * _headDim, tensorParallel, share.Rank),
            Columns(tensors.Gate(layer), share.FirstFfn, share.FfnCount),
            Columns(tensors.Up(layer), share.FirstFfn, share.FfnCount),
            Chunks(tensors.Down(layer).Weight, config.IntermediateSize, ChunkPartition.UnitWidth, share.FirstFfn, tensorParallel, share.Rank));
    }

    /// <summary>A PE's rows of the output head.</summary>
    public PackedMatrix PackHead(PeShare share)
    {
        // Four bits are too few for the head: where the rest has four, it has eight.
        var format = quantization == WeightQuantization.None ? FormatOf(tensors.Head) : WeightFormat.Int8;
        return Columns(format, [null], new RowSource(tensors.Head, share.FirstVocab, share.VocabCount));
    }

    private PackedMatrix Columns(Projection projection, int first, int count) =>
        Columns([projection.Bias], new RowSource(projection.Weight, first, count));

    private PackedMatrix Columns(TensorView?[] biases, params RowSource[] sources) =>
        Columns(sources.All(source => FormatOf(source.Tensor) == FormatOf(sources[0].Tensor)) ? FormatOf(sources[0].Tensor) : WeightFormat.F32, biases, sources);

    /// <summary>A product that is split by outputs: every input, some outputs.</summary>
    private PackedMatrix Columns(WeightFormat format, TensorView?[] biases, params RowSource[] sources)
    {
        var bias = new List<float>();
        for (int i = 0; i < sources.Length; i++)
        {
            if (biases[i] is { } tensor) bias.AddRange(tensor.ReadAll().AsSpan(sources[i].FirstRow, sources[i].RowCount));
        }

        int inputs = checked((int)sources[0].Tensor.ColumnCount);
        return Fill(new PackedMatrix(format, sources.Sum(source => source.RowCount), [0, inputs], bias.ToArray()), sources, 0);
    }

    /// <summary>A product that is split by inputs: every output, the inputs of some chunks. Its bias is added after the sum over PEs.</summary>
    private PackedMatrix Chunks(TensorView weight, int inputs, int unit, int firstInput, int tensorParallel, int rank)
    {
        int outputs = checked((int)weight.RowCount);
        var matrix = new PackedMatrix(FormatOf(weight), outputs, ChunkPartition.Borders(inputs, unit, tensorParallel, rank), []);
        return Fill(matrix, [new RowSource(weight, 0, outputs)], firstInput);
    }

    private WeightFormat FormatOf(TensorView weight) => quantization switch
    {
        WeightQuantization.Int8 => WeightFormat.Int8,
        WeightQuantization.Int4 => WeightFormat.Int4,
        _ => dtype.FormatOf(weight.Type),
    };

    private PackedMatrix Fill(PackedMatrix matrix, RowSource[] sources, int firstInput)
    {
        if (matrix.PanelCount > 0) team.Run(matrix.PanelCount, (_, panel) => PanelPacker.Pack(matrix, sources, firstInput, panel));
        return matrix;
    }
}
