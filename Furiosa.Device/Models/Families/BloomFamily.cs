using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>BLOOM: linear biases instead of positions, normed embeddings, LayerNorms and biases everywhere, fused head by head, no gate.</summary>
internal sealed class BloomFamily : ModelFamily
{
    public override string Architecture => "BloomForCausalLM";

    public override string ModelType => "bloom";

    public override ConfigKeys Keys { get; } = new() { Layers = "n_layer", Heads = "n_head", MaxPositions = "seq_length", IntermediateSize = "n_inner", NormEps = "layer_norm_epsilon" };

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override bool HasRope => false;

    public override Activation DefaultActivation => Activation.GeluTanh;

    // The first models were written down in other words.
    public override ConfigKeys KeysOf(JsonFields fields) => Keys with
    {
        HiddenSize = fields.Has("n_embed") ? "n_embed" : Keys.HiddenSize,
        Layers = fields.Has(Keys.Layers) ? Keys.Layers : "num_hidden_layers",
        Heads = fields.Has(Keys.Heads) ? Keys.Heads : "num_attention_heads",
    };

    public override int? DefaultIntermediateSize(int hiddenSize) => 4 * hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        RequireFalse(fields, "apply_residual_connection_post_layernorm");
        RequireFalse(fields, "slow_but_exact");
        return shared with
        {
            // Its code does not ask what the file says of these.
            KvHeadCount = shared.HeadCount,
            IntermediateSize = 4 * shared.HiddenSize,
            Activation = Activation.GeluTanh,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            GatedMlp = false,
            Alibi = new AlibiConfig(),
            Norms = new NormConfig { Centred = true, HasBias = true, AfterEmbedding = true },
            Names = new TensorNames
            {
                Root = "transformer.", Embedding = "word_embeddings", FinalNorm = "ln_f", Layer = "h.{0}.", Qkv = "self_attention.query_key_value", QkvByHead = true,
                Output = "self_attention.dense", Up = "mlp.dense_h_to_4h", Down = "mlp.dense_4h_to_h",
            },
        };
    }
}
