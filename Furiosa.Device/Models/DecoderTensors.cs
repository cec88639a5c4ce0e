using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>The tensors of a decoder by the names that its family gives them, each checked against the configuration.</summary>
internal sealed class DecoderTensors
{
    private readonly TensorStore _store;
    private readonly ModelConfig _config;
    private readonly TensorNames _names;
    private readonly string _root;
    private readonly string _head;

    public DecoderTensors(TensorStore store, ModelConfig config)
    {
        (_store, _config, _names) = (store, config, config.Names);
        // A checkpoint of the model without its head has no common prefix, one inside a larger model another.
        var prefixes = TextPart.Prefixes(_names.Root);
        (_root, var head) = prefixes.FirstOrDefault(prefix => store.Find(prefix.Root + _names.Embedding + ".weight") is not null, prefixes[0]);
        _head = head + _names.Head;
    }

    /// <summary>Refuses to go on where a weight file was written to since it was opened.</summary>
    public void EnsureUnchanged() => _store.EnsureUnchanged();

    public TensorView Embedding => _store.Get(_root + _names.Embedding + ".weight", _config.VocabSize, _config.HiddenSize);

    public TensorView Positions => _store.Get(_root + _names.Positions + ".weight", _config.MaxPositionEmbeddings + _config.FirstPosition, _config.HiddenSize);

    public NormTensors? EmbeddingNorm => _config.Norms.AfterEmbedding ? Norm(_root + _names.EmbeddingNorm, _config.HiddenSize) : null;

    public NormTensors FinalNorm => Norm(_root + _names.FinalNorm, _config.HiddenSize);

    public Projection Head
    {
        get
        {
            var weight = _config.TieWordEmbeddings ? Embedding : _store.Get(_head + ".weight", _config.VocabSize, _config.HiddenSize);
            var bias = _config.HeadBias ? _store.Get(_head + ".bias", _config.VocabSize) : null;
            return new Projection(new WeightRows(weight, 0, _config.VocabSize), bias is null ? null : new BiasValues(bias, 0, _config.VocabSize));
        }
    }

    public NormTensors? AttentionNorm(int layer) => Norm(layer, _config.Norms.BeforeAttention && _config.HasMixing(layer), _names.AttentionNorm);

    public NormTensors? PostAttentionNorm(int layer) => Norm(layer, _config.Norms.AfterAttention && _config.HasMixing(layer), _names.PostAttentionNorm);

    public NormTensors? MlpNorm(int layer) => Norm(layer, _config.Norms.BeforeMlp && _config.HasFeedForward(layer), _names.MlpNorm);

    public NormTensors? PostMlpNorm(int layer) => Norm(layer, _config.Norms.AfterMlp && _config.HasFeedForward(layer), _names.PostMlpNorm);

    public TensorView? Sinks(int layer) => _config.AttentionSinks && _config.Attends(layer) ? _store.Get(Name(layer, _names.Sinks), _config.HeadCount) : null;

    /// <summary>Outputs of one query head.</summary>
    public Projection Query(int layer, int head) => _config.Latent is { QueryRank: > 0 and var rank }
        ? Product(Name(layer, _names.QueryFromLatent), _config.QueryWidth, rank, false).Slice(head * _config.HeadDim, _config.HeadDim)
        : _config.AttentionGate ? GatedQuery(layer).Slice(2 * head * _config.HeadDim, _config.HeadDim)
        : HeadOf(layer, _names.Query, head, _config.HeadCount, FusedQuery(head));

    /// <summary>Outputs of the gate of one query head, which follow its query.</summary>
    public Projection QueryGate(int layer, int head) => GatedQuery(layer).Slice((2 * head + 1) * _config.HeadDim, _config.HeadDim);

    /// <summary>Outputs of one key head; with latent attention the part that is not rotated.</summary>
    public Projection Key(int layer, int head) => _config.Latent is { } latent ? KeyFromLatent(layer, latent, head) : HeadOf(layer, _names.Key, head, _config.KvHeadCount, FusedKey(head, 0));

    /// <summary>Outputs of one value head.</summary>
    public Projection Value(int layer, int head) => _config.Latent is { } latent ? ValueFromLatent(layer, latent, head) : HeadOf(layer, _names.Value, head, _config.KvHeadCount, FusedKey(head, 1));

    public Projection Output(int layer) => _config.IsRecurrent(layer) ? Recurrent(layer).Output
        : _config.IsConv(layer) ? Product(Name(layer, _names.ConvOutput), _config.HiddenSize, _config.OutputWidth, _config.ShortConv!.Bias)
        : Product(Name(layer, _names.Output), _config.HiddenSize, _config.OutputWidth, _config.AttentionOutputBias);

    /// <summary>Outputs of one of the three parts of a convolution's channels, for those of one head.</summary>
    public Projection ConvInput(int layer, int part, int head) =>
        Product(Name(layer, _names.ConvInput), 3 * _config.QueryWidth, _config.HiddenSize, _config.ShortConv!.Bias)
            .Slice(part * _config.QueryWidth + head * _config.HeadDim, _config.HeadDim);

    /// <summary>Each channel's weights of the positions of a convolution, in ascending order.</summary>
    public TensorView ConvTaps(int layer)
    {
        var (name, length) = (Name(layer, _names.Conv) + ".weight", _config.ShortConv!.Length);
        // GGUF leaves out the inputs that a channel has, which is one.
        return _store.Find(name) is { Shape.Length: 2 } ? _store.Get(name, _config.QueryWidth, length) : _store.Get(name, _config.QueryWidth, 1, length);
    }

    /// <summary>Each channel's bias of a convolution; null for none.</summary>
    public TensorView? ConvBias(int layer) => _config.ShortConv!.Bias ? _store.Get(Name(layer, _names.Conv) + ".bias", _config.QueryWidth) : null;

    /// <summary>Outputs of the vector that queries are made from.</summary>
    public Projection LatentQuery(int layer) => Product(Name(layer, _names.LatentQuery), _config.Latent!.QueryRank, _config.HiddenSize, _config.AttentionBias);

    /// <summary>Outputs of the vector that keys and values are made from, then of the keys' rotated part.</summary>
    public Projection LatentKey(int layer) => Product(Name(layer, _names.LatentKey), _config.Latent!.KeyRank + _config.RotaryDim, _config.HiddenSize, _config.AttentionBias);

    /// <summary>The weights of those vectors' norms.</summary>
    public TensorView LatentNorm(int layer, bool ofKeys) => ofKeys
        ? _store.Get(Name(layer, _names.LatentKeyNorm) + ".weight", _config.Latent!.KeyRank)
        : _store.Get(Name(layer, _names.LatentQueryNorm) + ".weight", _config.Latent!.QueryRank);

    /// <summary>The weights of the norm of queries or keys, as stored.</summary>
    public NormTensors QkNormOf(int layer, bool ofKeys)
    {
        int heads = ofKeys ? _config.KvHeadCount : _config.HeadCount;
        string name = Name(layer, ofKeys ? _names.KeyNorm : _names.QueryNorm);
        return _config.QkNorm switch
        {
            QkNorm.Width => Norm(name, heads * _config.HeadDim),
            QkNorm.OwnHead => Norm(name, heads, _config.HeadDim),
            _ => Norm(name, _config.HeadDim),
        };
    }

    /// <summary>The norms of the heads of queries or keys where each has a tensor of its own; null for others.</summary>
    public TensorView[]? HeadNorms(int layer, bool ofKeys)
    {
        if (_names.HeadNorm is not { } part) return null;
        int heads = ofKeys ? _config.KvHeadCount : _config.HeadCount;
        string name = Name(layer, ofKeys ? _names.KeyNorm : _names.QueryNorm);
        // GGUF has them in one.
        if (_store.Find(name + ".weight") is not null) return [_store.Get(name + ".weight", heads, _config.HeadDim)];
        return [.. Enumerable.Range(0, heads).Select(head => _store.Get(name + string.Format(System.Globalization.CultureInfo.InvariantCulture, part, head) + ".weight", _config.HeadDim))];
    }

    /// <summary>A number that the nonlinearity of a layer has, or what stands in for it.</summary>
    public float ActivationNumber(int layer, string name, float? standIn = null)
    {
        var whole = Name(layer, _names.ActivationNumbers) + name;
        return standIn is { } value && _store.Find(whole) is not { ElementCount: 1 } ? value
            : (_store.Find(whole) is { ElementCount: 1 } stored ? stored : _store.Get(whole, 1)).ReadAll()[0];
    }

    /// <summary>Gate of a dense feed-forward block; null where it has none.</summary>
    public Projection? Gate(int layer) => _config.GatedMlp ? GateOrUp(layer, _names.Gate, 0) : null;

    /// <summary>Up of a dense feed-forward block.</summary>
    public Projection Up(int layer) => GateOrUp(layer, _names.Up, 1);

    /// <summary>Down of a dense feed-forward block.</summary>
    public Projection Down(int layer) => Product(Name(layer, _names.Down), _config.HiddenSize, _config.IntermediateSize, _config.MlpBias);

    /// <summary>What a layer with a state has.</summary>
    public RecurrentTensors Recurrent(int layer) => new(_store, _config, Name(layer, ""));

    /// <summary>The experts of a layer that has some.</summary>
    public ExpertTensors Experts(int layer) => new(_store, _config, Name(layer, ""));

    private Projection GateOrUp(int layer, string name, int half)
    {
        int width = _config.IntermediateSize;
        // GGUF has them apart.
        return _names.GateUp is { } fused && _store.Find(Name(layer, name) + ".weight") is null
            ? Product(Name(layer, fused), 2 * width, _config.HiddenSize, _config.MlpBias).Slice(half * width, width)
            : Product(Name(layer, name), width, _config.HiddenSize, _config.MlpBias);
    }

    private Projection HeadOf(int layer, string name, int head, int heads, int fusedRow)
    {
        int dim = _config.HeadDim;
        return _names.Qkv is { } fused
            ? Product(Name(layer, fused), _config.QueryWidth + 2 * _config.KvWidth, _config.HiddenSize, _config.AttentionBias).Slice(fusedRow * dim, dim)
            : Product(Name(layer, name), heads * dim, _config.HiddenSize, _config.AttentionBias).Slice(head * dim, dim);
    }

    private Projection GatedQuery(int layer) => Product(Name(layer, _names.Query), 2 * _config.QueryWidth, _config.HiddenSize, _config.AttentionBias);

    private Projection KeyFromLatent(int layer, LatentConfig latent, int head)
    {
        var name = Name(layer, _names.KeysFromLatent) + ".weight";
        if (_store.Find(name) is null) return FromLatent(layer, latent, head, 0, latent.PlainDim);
        var keys = _store.Get(name, _config.KvHeadCount, latent.KeyRank, latent.PlainDim);
        return new Projection(new WeightRows(keys, 0, latent.PlainDim) { ByInput = true, FirstInput = (long)head * latent.KeyRank }, null);
    }

    private Projection ValueFromLatent(int layer, LatentConfig latent, int head)
    {
        var name = Name(layer, _names.ValuesFromLatent) + ".weight";
        if (_store.Find(name) is null) return FromLatent(layer, latent, head, latent.PlainDim, _config.ValueDim);
        var values = _store.Get(name, _config.KvHeadCount, _config.ValueDim, latent.KeyRank);
        return new Projection(new WeightRows(values, (long)head * _config.ValueDim, _config.ValueDim), null);
    }

    private Projection FromLatent(int layer, LatentConfig latent, int head, int first, int count)
    {
        int width = latent.PlainDim + _config.ValueDim;
        return Product(Name(layer, _names.KeyFromLatent), _config.KvHeadCount * width, latent.KeyRank, false).Slice(head * width + first, count);
    }

    private int FusedQuery(int head)
    {
        int group = _config.HeadCount / _config.KvHeadCount;
        if (_names.QueryValueKeyBlocks > 0) return BlockRow(head, 0);
        return _names.QkvByHead ? head / group * (group + 2) + head % group : head;
    }

    private int FusedKey(int head, int kind)
    {
        int group = _config.HeadCount / _config.KvHeadCount;
        if (_names.QueryValueKeyBlocks > 0) return BlockRow(head, 2 - kind);
        return _names.QkvByHead ? head * (group + 2) + group + kind : _config.HeadCount + kind * _config.KvHeadCount + head;
    }

    private int BlockRow(int head, int part)
    {
        int heads = Math.Max(1, _config.HeadCount / _names.QueryValueKeyBlocks);
        return (head / heads * 3 + part) * heads + head % heads;
    }

    private string Name(int layer, string part) => _root + string.Format(System.Globalization.CultureInfo.InvariantCulture, _names.Layer, layer) + part;

    private NormTensors? Norm(int layer, bool present, string part) => present ? Norm(Name(layer, part), _config.HiddenSize) : null;

    private NormTensors Norm(string name, params ReadOnlySpan<long> shape) => new(
        _config.Norms.HasWeight ? _store.Get(name + ".weight", shape) : null, _config.Norms.HasBias ? _store.Get(name + ".bias", shape) : null);

    private Projection Product(string name, int outputs, int inputs, bool bias)
    {
        var weight = _names.ByInput ? _store.Get(name + ".weight", inputs, outputs) : _store.Get(name + ".weight", outputs, inputs);
        return new Projection(
            new WeightRows(weight, 0, outputs) { ByInput = _names.ByInput }, bias ? new BiasValues(_store.Get(name + ".bias", outputs), 0, outputs) : null);
    }
}

/// <summary>A norm's tensors.</summary>
/// <param name="Weight">Null for a norm without one.</param>
/// <param name="Bias">Null for none.</param>
internal readonly record struct NormTensors(TensorView? Weight, TensorView? Bias);
