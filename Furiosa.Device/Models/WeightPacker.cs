using Furiosa.Device.Artifacts;
using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Coded;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// Cuts tensors into the PEs' shares and packs them, panels spread over the compute team. Without a team matrices are laid out and not
/// filled, which tells their sizes.
/// </summary>
internal sealed class WeightPacker(DecoderTensors tensors, ModelConfig config, WeightDtype dtype, WeightQuantization quantization, ComputeTeam? team)
{
    /// <summary>Takes each matrix that is packed; null for none.</summary>
    public ArtifactShards? Recorder { get; init; }

    /// <summary>Matrices that are packed already; null for none.</summary>
    public PackedStore? Store { get; init; }

    /// <summary>Where room is made for matrices, which must outlive them; null for memory of their own.</summary>
    public HugePages? Memory { get; init; }

    /// <summary>How weights kept as BF16 are multiplied.</summary>
    public Bf16Products Products { get; init; }

    /// <summary>Whether matrices of exact BF16 weights are compressed where they can be. Without a team all of them count as compressed, and all of F16 as such.</summary>
    public bool Compresses { get; init; }

    /// <summary>The embedding, which is looked up and not packed.</summary>
    public EmbeddingTable Embedding { get; } = new(tensors.Embedding, dtype);

    /// <summary>The vectors of positions, looked up likewise or computed; null for none.</summary>
    public IPositionTable? Positions { get; } = config.LearnedPositions ? new EmbeddingTable(tensors.Positions, dtype)
        : config.SinusoidalPositions ? new SinusoidalTable(config.HiddenSize, config.RoundsPositions) : null;

    /// <summary>
    /// What some PEs of a group hold of a layer, packed product after product: what they read in one phase lies together, and where they are the whole group the
    /// parts of a product whose sums they add lie side by side.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="shares">The PEs, in rank order.</param>
    /// <param name="tensorParallel">PEs of the group.</param>
    public LayerShard[] PackLayer(int layer, PeShare[] shares, int tensorParallel)
    {
        var inputs = Array.ConvertAll(shares, share => Inputs(layer, share));
        var outputs = config.HasMixing(layer) ? Outputs(layer, shares, tensorParallel) : null;
        var dense = config.HasFeedForward(layer) && !config.HasExperts(layer) ? Dense(layer, shares, tensorParallel) : null;
        var experts = config.HasExperts(layer) ? Experts(layer, shares, tensorParallel) : [];
        return [.. shares.Select((_, i) => new LayerShard(inputs[i].Qkv, inputs[i].KeyValues, outputs?[i], dense?[i], [.. experts.Select(expert => expert[i])]))];
    }

    /// <summary>A layer's router, which stays as it is stored; null for a dense layer.</summary>
    public PackedMatrix? PackRouter(int layer) => config.HasExperts(layer)
        ? Columns(CommonFormat(tensors.Experts(layer).Router, stored => dtype.FormatOf(stored)), config.HiddenSize, tensors.Experts(layer).Router)
        : null;

    /// <summary>What a layer's latent vectors come from, which stays as it is stored; null for a layer without.</summary>
    public PackedMatrix? PackLatent(int layer)
    {
        if (config.Latent is not { } latent) return null;
        var key = tensors.LatentKey(layer);
        Projection[] parts = [.. latent.QueryRank == 0 ? Array.Empty<Projection>() : [tensors.LatentQuery(layer)], key.Slice(0, latent.KeyRank)];
        return Columns(CommonFormat(parts, stored => dtype.FormatOf(stored)), config.HiddenSize, [.. parts, .. HeadOrder.Rotated(key.Slice(latent.KeyRank, config.RotaryDim), config)]);
    }

    /// <summary>A PE's rows of the output head.</summary>
    public PackedMatrix PackHead(PeShare share)
    {
        // The head suffers most from few bits: where the rest has four, it has eight, unless asked for otherwise.
        var head = tensors.Head.Slice(share.FirstVocab, share.VocabCount);
        return Columns(quantization == WeightQuantization.Int4 ? WeightFormat.Int8 : FormatOf(head.Weight.Tensor.Type), config.HiddenSize, [head]);
    }

    private (PackedMatrix? Qkv, PackedMatrix? KeyValues) Inputs(int layer, PeShare share) => !config.HasMixing(layer) ? (null, null)
        : config.IsRecurrent(layer) ? (RecurrentInput(layer, share), null)
        : config.IsConv(layer) ? (ConvInput(layer, share), null) : Heads(layer, share);

    // The heads' projection and, with latent attention, what makes their keys and values.
    private (PackedMatrix? Qkv, PackedMatrix? KeyValues) Heads(int layer, PeShare share)
    {
        var keys = Enumerable.Range(share.FirstOwnedKvHead, share.OwnedKvHeadCount);
        var queries = Enumerable.Range(share.FirstHead, share.HeadCount).SelectMany(head => HeadOrder.Parts(tensors.Query(layer, head), config));
        var gates = config.AttentionGate ? Enumerable.Range(share.FirstHead, share.HeadCount).Select(head => tensors.QueryGate(layer, head)) : [];
        // The format of all heads, which a PE without any has too.
        var format = CommonFormat([tensors.Query(layer, 0), tensors.Key(layer, 0), tensors.Value(layer, 0)], FormatOf);
        var qkv = config.Latent is null
            ? Columns(format, config.HiddenSize, [.. queries, .. keys.SelectMany(head => HeadOrder.Parts(tensors.Key(layer, head), config)), .. keys.Select(head => tensors.Value(layer, head)), .. gates])
            : Columns(format, config.Latent.QueryRank == 0 ? config.HiddenSize : config.Latent.QueryRank, [.. queries]);
        var keyValues = config.Latent is null ? null : Columns(format, config.Latent.KeyRank, [.. keys.SelectMany(head => new[] { tensors.Key(layer, head), tensors.Value(layer, head) })]);
        return (qkv, keyValues);
    }

    private PackedMatrix[] Outputs(int layer, PeShare[] shares, int tensorParallel) => config.IsRecurrent(layer)
        ? SideBySide(tensors.Output(layer), config.Recurrent!.Width, config.Recurrent.HeadDim, shares, tensorParallel)
        : SideBySide(tensors.Output(layer), config.OutputWidth, config.ValueDim, shares, tensorParallel);

    // What states are made from, in the order of RecurrentShare.Columns.
    private PackedMatrix RecurrentInput(int layer, PeShare share)
    {
        var (stored, own) = (tensors.Recurrent(layer), share.Recurrent);
        var groups = Enumerable.Range(own.FirstGroup, own.GroupCount);
        var heads = Enumerable.Range(own.FirstHead, own.HeadCount);
        bool hasBeta = config.Recurrent!.Kind == RecurrentKind.GatedDelta;
        Projection[] outputs =
        [
            .. groups.Select(stored.Query), .. groups.Select(stored.Key), .. heads.Select(stored.Value), .. heads.Select(stored.Gate), .. heads.Select(stored.Step),
            .. hasBeta ? heads.Select(stored.Beta) : [],
        ];
        // The format of all parts, which a PE without any heads has too.
        Projection[] kinds = [stored.Query(0), stored.Key(0), stored.Value(0), stored.Gate(0), stored.Step(0), .. hasBeta ? new[] { stored.Beta(0) } : []];
        return Columns(CommonFormat(kinds, FormatOf), config.HiddenSize, outputs);
    }

    // The channels of a convolution that are the PE's: of all three parts, one after the other.
    private PackedMatrix ConvInput(int layer, PeShare share)
    {
        var heads = Enumerable.Range(share.FirstHead, share.HeadCount);
        Projection[] outputs = [.. Enumerable.Range(0, 3).SelectMany(part => heads.Select(head => tensors.ConvInput(layer, part, head)))];
        return Columns(FormatOf(tensors.ConvInput(layer, 0, 0).Weight.Tensor.Type), config.HiddenSize, outputs);
    }

    private FfnShard[] Dense(int layer, PeShare[] shares, int tensorParallel)
    {
        int width = config.IntermediateSize;
        var gate = tensors.Gate(layer) is { } present ? Parts(present, width, shares, tensorParallel) : null;
        var up = Parts(tensors.Up(layer), width, shares, tensorParallel);
        var down = SideBySide(tensors.Down(layer), width, ChunkPartition.UnitWidth, shares, tensorParallel);
        return [.. shares.Select((_, i) => new FfnShard(gate?[i], up[i], down[i]))];
    }

    // Sums over experts are made PE by PE, so that each PE's part lies together.
    private FfnShard[][] Experts(int layer, PeShare[] shares, int tensorParallel)
    {
        var experts = tensors.Experts(layer);
        return [.. Enumerable.Range(0, config.Experts!.Total).Select(expert =>
        {
            int width = config.Experts.WidthOf(expert);
            var gate = experts.Gate(expert) is { } present ? Parts(present, width, shares, tensorParallel) : null;
            var up = Parts(experts.Up(expert), width, shares, tensorParallel);
            var down = Array.ConvertAll(shares, share => Chunks(experts.Down(expert), width, ChunkPartition.UnitWidth, tensorParallel, share.Rank));
            return shares.Select((_, i) => new FfnShard(gate?[i], up[i], down[i])).ToArray();
        })];
    }

    /// <summary>Each PE's part of a feed-forward width.</summary>
    private PackedMatrix[] Parts(Projection product, int width, PeShare[] shares, int tensorParallel) => Array.ConvertAll(shares, share =>
    {
        var (first, count) = share.FfnOf(width, tensorParallel);
        return Columns(FormatOf(product.Weight.Tensor.Type), config.HiddenSize, [product.Slice(first, count)]);
    });

    /// <summary>A product that is split by outputs: every input, some outputs.</summary>
    private PackedMatrix Columns(WeightFormat format, int inputs, Projection[] outputs)
    {
        int count = outputs.Sum(part => part.Weight.Count), next = 0;
        float[] bias = outputs.Any(part => part.Bias is not null) ? new float[count] : [];
        var sources = new List<WeightRows>();
        foreach (var part in outputs)
        {
            if (team is not null) part.Bias?.Read(bias.AsSpan(next, part.Weight.Count));
            next += part.Weight.Count;
            var rows = part.Weight;
            if (sources.Count > 0 && sources[^1].Join(rows) is { } joined) sources[^1] = joined;
            else sources.Add(rows);
        }

        return Packed(new MatrixForm(format, count, [0, inputs], bias.Length > 0), [.. sources], 0, bias);
    }

    /// <summary>
    /// Each PE's part of a product that is split by inputs. Where PEs are a whole group, the product is packed as a group of one packs it, and each has its
    /// chunks of it: whoever adds up their sums reads one run of memory for a panel. An artifact keeps parts by themselves, for groups that are not here as a
    /// whole; so does who has no memory that outlives them all, and where a border of one part would cut the codes of all.
    /// </summary>
    private PackedMatrix[] SideBySide(Projection product, int inputs, int unit, PeShare[] shares, int tensorParallel)
    {
        bool joins = shares.Length > 1 && shares.Length == tensorParallel && Memory is not null && Store is null;
        if (!joins || Bytes(1, 0) > shares.Sum(share => Bytes(tensorParallel, share.Rank)))
            return Array.ConvertAll(shares, share => Chunks(product, inputs, unit, tensorParallel, share.Rank));
        var whole = Chunks(product, inputs, unit, 1, 0);
        int each = ChunkPartition.ChunkCount / tensorParallel;
        return Array.ConvertAll(shares, share => whole.Slice(share.Rank * each, each));

        long Bytes(int parts, int rank)
        {
            var (form, firstInput) = FormOf(product, inputs, unit, parts, rank);
            return PackedMatrix.BytesOf(Narrowed(form, [product.Weight.Straight()], firstInput));
        }
    }

    /// <summary>A product that is split by inputs: every output, the inputs of some chunks. Its bias is added after the sum over PEs.</summary>
    private PackedMatrix Chunks(Projection product, int inputs, int unit, int tensorParallel, int rank)
    {
        var (form, firstInput) = FormOf(product, inputs, unit, tensorParallel, rank);
        return Packed(form, [product.Weight], firstInput, []);
    }

    private (MatrixForm Form, int FirstInput) FormOf(Projection product, int inputs, int unit, int tensorParallel, int rank)
    {
        var borders = ChunkPartition.Borders(inputs, unit, tensorParallel, rank);
        var form = new MatrixForm(FormatOf(product.Weight.Tensor.Type), product.Weight.Count, borders, HasBias: false);
        return (form, ChunkPartition.Start(inputs, unit, rank * (ChunkPartition.ChunkCount / tensorParallel)));
    }

    /// <summary>
    /// The form that takes least room. What a file has quantised stays as it is, where nothing else is asked for and its groups fit.
    /// </summary>
    private MatrixForm Narrowed(MatrixForm form, WeightRows[] sources, int firstInput)
    {
        var codes = form.Format == WeightFormat.F32 && dtype == WeightDtype.Auto ? CodeLayout.Of(sources, firstInput, form.ChunkStarts) : null;
        return codes is not null ? form with { Format = WeightFormat.Codes, Codes = codes } : Compresses && form.Format == WeightFormat.Bf16 ? form with { IsCompressed = true } : form;
    }

    /// <summary>A matrix that is packed already, or packs it.</summary>
    private PackedMatrix Packed(MatrixForm form, WeightRows[] outputs, int firstInput, float[] bias)
    {
        // An artifact knows outputs as the model names them: what they are straightened to is not in it.
        if (Store?.Find(outputs, firstInput, form) is { } packed) return packed;
        var sources = Array.ConvertAll(outputs, rows => rows.Straight());
        var narrow = Narrowed(form, sources, firstInput);
        var wider = narrow.Codes is { } codes ? narrow with { Codes = codes.WithFloats() } : form;
        var matrix = TryPack(narrow, sources, firstInput, bias) ?? TryPack(wider, sources, firstInput, bias) ?? TryPack(form with { Format = WeightFormat.F32 }, sources, firstInput, bias)!;
        Recorder?.Add(matrix, outputs, firstInput);
        return matrix;
    }

    /// <summary>Packs a matrix; null where its weights cannot be kept in this form, but in a larger one.</summary>
    private PackedMatrix? TryPack(MatrixForm form, WeightRows[] sources, int firstInput, float[] bias)
    {
        var matrix = new PackedMatrix(form, bias, Memory);
        var fits = true;
        if (matrix.PanelCount > 0)
        {
            team?.Run(matrix.PanelCount, (_, panel) =>
            {
                if (Volatile.Read(ref fits) && !PanelPacker.TryPack(matrix, sources, firstInput, panel)) Volatile.Write(ref fits, false);
            });
        }

        if (fits) return matrix;
        Memory?.TakeBack(matrix.Bytes);
        matrix.Dispose();
        return null;
    }

    private WeightFormat FormatOf(TensorType stored) => quantization switch
    {
        WeightQuantization.Int8 => WeightFormat.Int8,
        WeightQuantization.Int4 or WeightQuantization.Int4Pure => WeightFormat.Int4,
        _ => Products == Bf16Products.Exact ? dtype.FormatOf(stored) : Rounded(dtype.FormatOf(stored), stored),
    };

    private static WeightFormat Rounded(WeightFormat format, TensorType stored) => format == WeightFormat.Bf16
        ? WeightFormat.Bf16Rounded
        : throw new ArgumentException($"bf16-products fast needs weights kept as BF16, and some of this model are kept as {stored}: add --dtype bfloat16, which rounds them, or serve with --bf16-products exact.");

    /// <summary>The format of all parts, or float where they differ.</summary>
    private static WeightFormat CommonFormat(Projection[] parts, Func<TensorType, WeightFormat> formatOf)
    {
        var first = formatOf(parts[0].Weight.Tensor.Type);
        return parts.All(part => formatOf(part.Weight.Tensor.Type) == first) ? first : WeightFormat.F32;
    }
}
