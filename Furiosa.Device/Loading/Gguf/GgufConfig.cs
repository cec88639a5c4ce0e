using System.Text.Json;
using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>The <c>config.json</c> and <c>generation_config.json</c> that a GGUF file's metadata and tensors amount to.</summary>
internal sealed class GgufConfig
{
    private const string KvHeads = "attention.head_count_kv";
    private const string FeedForward = "feed_forward_length";

    private readonly GgufFile _file;
    private readonly GgufMetadata _metadata;
    private readonly string _prefix;

    private GgufConfig(GgufFile file)
    {
        _file = file;
        _metadata = file.Metadata;
        Family = FamilyOf(_metadata);
        _prefix = Family.Name + ".";
    }

    public GgufFamily Family { get; }

    /// <summary>The configuration as it grows.</summary>
    public JsonObject Root { get; } = [];

    public int Layers { get; private set; }

    /// <summary>Key heads layer by layer, 0 for those without attention; null where the file does not list them.</summary>
    public IReadOnlyList<long>? KvHeadsOfLayers => Listed(KvHeads);

    private long HeadDim => (long)Root["head_dim"]!;

    /// <summary>The family that the file names.</summary>
    /// <exception cref="ModelFormatException">It names none, or one that is not read.</exception>
    public static GgufFamily FamilyOf(GgufMetadata metadata)
    {
        const string key = "general.architecture";
        var name = metadata.Text(key) ?? throw metadata.Fault(key, "is missing", "the file must name its architecture: is it a model?");
        return GgufFamilies.All.FirstOrDefault(family => family.Name == name && family.When?.Invoke(metadata) != false)
            ?? throw metadata.Fault(key, $"is {name}, which is not supported", $"supported are {string.Join(", ", GgufFamilies.All.Select(family => family.Name).Distinct())}");
    }

    /// <summary>Makes the configuration.</summary>
    /// <exception cref="ModelFormatException">Something is missing or of another kind; the message names the key.</exception>
    public static JsonElement Make(GgufFile file)
    {
        var config = new GgufConfig(file);
        config.AddShared();
        config.Family.Configure?.Invoke(config);
        return JsonSerializer.SerializeToElement(config.Root);
    }

    /// <summary>Whole numbers of the model's own, layer by layer; null where the file does not list them.</summary>
    public IReadOnlyList<long>? Listed(string key) => IsList(_metadata, _prefix + key) ? _metadata.Integers(_prefix + key) : null;

    /// <summary>A whole number of the model's own; a list of equal ones counts as one.</summary>
    public long? Integer(string key)
    {
        key = _prefix + key;
        if (IsList(_metadata, key))
        {
            var values = _metadata.Integers(key)!;
            return values.Count > 0 && values.All(value => value == values[0])
                ? values[0]
                : throw _metadata.Fault(key, "differs from layer to layer", "all layers must be alike");
        }

        return _metadata.Integer(key);
    }

    /// <summary>A number of the model's own.</summary>
    public double? Number(string key) => _metadata.Number(_prefix + key);

    /// <summary>A truth value of the model's own.</summary>
    public bool? Flag(string key) => _metadata.Flag(_prefix + key);

    /// <summary>Truth values of the model's own, layer by layer.</summary>
    public IReadOnlyList<bool>? Flags(string key) => _metadata.Flags(_prefix + key);

    /// <summary>Refuses the file for one of the model's own keys.</summary>
    public void Fault(string key, string problem, string remedy) => throw _metadata.Fault(_prefix + key, problem, remedy);

    /// <summary>Whether a tensor is there.</summary>
    public bool Has(string tensor) => _file.Tensors.ContainsKey(tensor);

    /// <summary>Copies a number where the file has it.</summary>
    public void Set(string name, string key)
    {
        if (Number(key) is { } value) Root[name] = value == Math.Floor(value) && Math.Abs(value) < 1e15 ? JsonValue.Create((long)value) : JsonValue.Create(value);
    }

    /// <summary>The flags of the Llama family's biases.</summary>
    public void Biases()
    {
        Root["attention_bias"] = Has("blk.0.attn_q.bias");
        Root["mlp_bias"] = Has("blk.0.ffn_gate.bias");
    }

    /// <summary>Sliding windows in all layers but every so manieth; 0 for a window in all.</summary>
    public void Windows(int period)
    {
        if (Integer("attention.sliding_window") is not > 0 and var _) return;
        Set("sliding_window", "attention.sliding_window");
        if (period > 0) Root["layer_types"] = LayerTypes(period);
    }

    /// <summary>Names of the layers' attention: every so manieth sees everything.</summary>
    public JsonArray LayerTypes(int period) =>
        new([.. Enumerable.Range(1, Layers).Select(layer => (JsonNode)(layer % period == 0 ? "full_attention" : "sliding_attention"))]);

    /// <summary>What Gemma's models share; the largest of a generation divides scores by another number.</summary>
    public void Gemma(bool isLargest)
    {
        Root["hidden_activation"] = "gelu_pytorch_tanh";
        Root["hidden_act"] = "gelu_pytorch_tanh";
        Root["query_pre_attn_scalar"] = isLargest ? (long)Root["hidden_size"]! / (long)Root["num_attention_heads"]! : HeadDim;
    }

    /// <summary>The share of a head that is rotated, under the family's own name of it; a family that rotates whole heads refuses less.</summary>
    public void PartialRotation(string name) => Root[name] = (Integer("rope.dimension_count") ?? HeadDim) / (double)HeadDim;

    /// <summary>Factors of the rotary frequencies for short and long texts.</summary>
    public void LongFactors()
    {
        if (!Has("rope_factors_long.weight") || !Has("rope_factors_short.weight")) return;
        var scaling = new JsonObject { ["rope_type"] = "longrope", ["short_factor"] = Factors("rope_factors_short.weight"), ["long_factor"] = Factors("rope_factors_long.weight") };
        if (Integer("rope.scaling.original_context_length") is { } original) Root["original_max_position_embeddings"] = scaling["original_max_position_embeddings"] = original;
        if (Number("rope.scaling.attn_factor") is { } attention) scaling["attention_factor"] = attention;
        Root["rope_scaling"] = scaling;
    }

    /// <summary>Whether the file has a list for a key, or what is no whole number.</summary>
    public static bool IsList(GgufMetadata metadata, string key)
    {
        try
        {
            return metadata.Has(key) && metadata.Integer(key) is null;
        }
        catch (ModelFormatException)
        {
            return true;
        }
    }

    // What all layers that have some have; null where none has.
    private long? Only(string key, IReadOnlyList<long> listed)
    {
        long[] counts = [.. listed.Where(count => count != 0).Distinct()];
        if (counts.Length > 1) Fault(key, "differs among layers that have it", "these must be alike");
        return counts.Length == 0 ? null : counts[0];
    }

    private void AddShared()
    {
        Root["architectures"] = new JsonArray(Family.Architecture);
        Root["model_type"] = Family.ModelType;
        Layers = (int)Require("block_count", 4096);
        Root["num_hidden_layers"] = Layers;
        Root["hidden_size"] = Require("embedding_length", 1 << 17);
        if (!Family.HasStatesOnly) AddAttention();
        Root["vocab_size"] = _file.Tensors.GetValueOrDefault("token_embd.weight") is { Shape.Length: 2 } embedding
            ? embedding.Shape[0]
            : throw new ModelFormatException(_metadata.File, "tensor 'token_embd.weight'", "is missing or no matrix", "a whole model is needed");
        Root["tie_word_embeddings"] = !Has("output.weight");
        Root["hidden_act"] = "silu";
        Root["torch_dtype"] = "float32"; // constants such as the scale of Gemma's embeddings are not rounded, as in llama.cpp
        Set("max_position_embeddings", "context_length");
        Set("rms_norm_eps", "attention.layer_norm_rms_epsilon");
        Root["rope_theta"] = Number("rope.freq_base") ?? 10000;
        if (_metadata.Integer("tokenizer.ggml.bos_token_id") is { } bos) Root["bos_token_id"] = bos;
        if (_metadata.Integer("tokenizer.ggml.eos_token_id") is { } eos) Root["eos_token_id"] = eos;
        if (Family.HasStatesOnly) return;
        PartialRotation("partial_rotary_factor");
        AddRotation();
    }

    private void AddAttention()
    {
        long hidden = (long)Root["hidden_size"]!, heads = Require("attention.head_count", 4096);
        Root["num_attention_heads"] = heads;
        Root["num_key_value_heads"] = (Family.LayersMayLackKeys && KvHeadsOfLayers is { } listed ? Only(KvHeads, listed) : Integer(KvHeads)) ?? heads;
        var size = Integer("attention.key_length") ?? hidden / heads;
        Root["head_dim"] = size >= 1 ? size : throw _metadata.Fault(_prefix + "attention.key_length", $"is {size}", "a head must have an element at least");
        // A model whose layers all route may leave out what a dense one would have.
        var widthKey = _metadata.Has(_prefix + FeedForward) ? FeedForward : "expert_feed_forward_length";
        Root["intermediate_size"] = Family.LayersMayLackKeys && Listed(widthKey) is { } widths ? Only(widthKey, widths) ?? hidden : Require(widthKey, 1 << 20);
    }

    private void AddRotation()
    {
        if (Has("rope_freqs.weight"))
        {
            Root["rope_scaling"] = GgufRotation.OfFactors(Factors("rope_freqs.weight"), (double)Root["rope_theta"]!, (int)(Integer("context_length") ?? 2048));
            return;
        }

        // Early files have a key of their own for linear scaling.
        var linear = Number("rope.scale_linear");
        var type = _metadata.Text(_prefix + "rope.scaling.type") ?? (linear is null ? null : "linear");
        if (type is null or "none" or "longrope" || (Number("rope.scaling.factor") ?? linear) is not { } factor || factor <= 0) return;
        var scaling = new JsonObject { ["rope_type"] = type, ["factor"] = factor };
        if (Integer("rope.scaling.original_context_length") is { } original) scaling["original_max_position_embeddings"] = original;
        if (Number("rope.scaling.yarn_beta_fast") is { } fast) scaling["beta_fast"] = fast;
        if (Number("rope.scaling.yarn_beta_slow") is { } slow) scaling["beta_slow"] = slow;
        if (Number("rope.scaling.yarn_ext_factor") is { } blend && blend is not 1 and >= 0) Fault("rope.scaling.yarn_ext_factor", FormattableString.Invariant($"is {blend}"), "only 1 is supported");
        // The format's factor multiplies the one that follows from the stretching.
        if (type == "yarn" && (Number("rope.scaling.yarn_attn_factor") ?? Number("rope.scaling.attn_factor")) is { } attention && attention > 0 && attention != 1)
            scaling["attention_factor"] = attention * (1 + 0.1 * Math.Log(Math.Max(1, factor)));
        Root["rope_scaling"] = scaling;
    }

    private JsonArray Factors(string tensor)
    {
        var view = _file.Tensors[tensor];
        if (view.ElementCount > 4096) throw new ModelFormatException(view.File, $"tensor '{tensor}'", $"has {view.ElementCount:N0} elements", "at most 4,096 are accepted");
        var factors = view.ReadAll();
        if (factors.Length == 0 || !factors.All(float.IsFinite))
            throw new ModelFormatException(view.File, $"tensor '{tensor}'", factors.Length == 0 ? "is empty" : "holds a factor that is not finite", "the file is damaged: fetch it again");
        return new JsonArray([.. factors.Select(factor => (JsonNode)factor)]);
    }

    private long Require(string key, long most) => Integer(key) switch
    {
        null => throw _metadata.Fault(_prefix + key, "is missing", "the file must say it"),
        { } value when value < 1 || value > most => throw _metadata.Fault(_prefix + key, $"is {value:N0}", $"it must be from 1 to {most:N0}"),
        { } value => value,
    };
}
