using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>The tensors of a decoder of the Llama family by their Hugging Face names, each checked against the configuration.</summary>
internal sealed class DecoderTensors(TensorStore store, ModelConfig config)
{
    private readonly int _queryWidth = config.HeadCount * config.HeadDim;
    private readonly int _kvWidth = config.KvHeadCount * config.HeadDim;

    public TensorView Embedding => store.Get("model.embed_tokens.weight", config.VocabSize, config.HiddenSize);

    public TensorView FinalNorm => store.Get("model.norm.weight", config.HiddenSize);

    public TensorView Head => config.TieWordEmbeddings ? Embedding : store.Get("lm_head.weight", config.VocabSize, config.HiddenSize);

    public TensorView AttentionNorm(int layer) => store.Get(Name(layer, "input_layernorm.weight"), config.HiddenSize);

    public TensorView MlpNorm(int layer) => store.Get(Name(layer, "post_attention_layernorm.weight"), config.HiddenSize);

    public TensorView? QueryNorm(int layer) => config.QkNorm ? store.Get(Name(layer, "self_attn.q_norm.weight"), config.HeadDim) : null;

    public TensorView? KeyNorm(int layer) => config.QkNorm ? store.Get(Name(layer, "self_attn.k_norm.weight"), config.HeadDim) : null;

    public Projection Query(int layer) => Of(layer, "self_attn.q_proj", _queryWidth, config.HiddenSize, config.AttentionBias);

    public Projection Key(int layer) => Of(layer, "self_attn.k_proj", _kvWidth, config.HiddenSize, config.AttentionBias);

    public Projection Value(int layer) => Of(layer, "self_attn.v_proj", _kvWidth, config.HiddenSize, config.AttentionBias);

    public Projection Output(int layer) => Of(layer, "self_attn.o_proj", config.HiddenSize, _queryWidth, config.AttentionOutputBias);

    public Projection Gate(int layer) => Of(layer, "mlp.gate_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);

    public Projection Up(int layer) => Of(layer, "mlp.up_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);

    public Projection Down(int layer) => Of(layer, "mlp.down_proj", config.HiddenSize, config.IntermediateSize, config.MlpBias);

    private static string Name(int layer, string part) => $"model.layers.{layer}.{part}";

    private Projection Of(int layer, string part, int outputs, int inputs, bool bias) => new(
        store.Get(Name(layer, part + ".weight"), outputs, inputs), bias ? store.Get(Name(layer, part + ".bias"), outputs) : null);
}

/// <summary>A linear product's tensors.</summary>
/// <param name="Weight">Shape [outputs, inputs].</param>
/// <param name="Bias">Shape [outputs]; null for none.</param>
internal readonly record struct Projection(TensorView Weight, TensorView? Bias);
