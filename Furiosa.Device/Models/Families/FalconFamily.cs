using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Falcon 7B, 40B, 180B and 11B: attention and feed-forward block side by side, few key heads, fused with their queries; RW: linear biases instead of rotation.</summary>
internal sealed class FalconFamily : ModelFamily
{
    public override string Architecture => "FalconForCausalLM";

    public override string ModelType => "falcon";

    public override ConfigKeys Keys { get; } = new() { KvHeads = "num_kv_heads", IntermediateSize = "ffn_hidden_size", NormEps = "layer_norm_epsilon", Activation = "activation" };

    public override double DefaultNormEps => 1e-5;

    public override Activation DefaultActivation => Activation.Gelu;

    public override bool DefaultTied => true;

    public override int? DefaultIntermediateSize(int hiddenSize) => 4 * hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var alibi = fields.Bool("alibi") ?? false;
        var newer = fields.Bool("new_decoder_architecture") ?? false;
        var parallel = newer || (fields.Bool("parallel_attn") ?? true);
        var twoNorms = newer && (fields.Int("num_ln_in_parallel_attn", 1, 2) ?? 2) == 2;
        var bias = fields.Bool("bias") ?? false;
        return shared with
        {
            KvHeadCount = newer ? shared.KvHeadCount : fields.Bool("multi_query") ?? true ? 1 : shared.HeadCount,
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = bias,
            GatedMlp = false,
            ParallelResidual = parallel,
            Alibi = alibi ? new AlibiConfig { Scale = 1f / MathF.Sqrt(shared.HeadDim), Rounded = true } : null,
            Ropes = alibi ? [] : shared.Ropes,
            LayerRopes = alibi ? [.. new int?[shared.LayerCount]] : shared.LayerRopes,
            RotaryDim = alibi ? 0 : shared.RotaryDim,
            Norms = new NormConfig { Centred = true, HasBias = true, BeforeMlp = twoNorms || !parallel },
            Names = new TensorNames
            {
                Root = "transformer.", Embedding = "word_embeddings", FinalNorm = "ln_f", Layer = "h.{0}.",
                AttentionNorm = twoNorms ? "ln_attn" : "input_layernorm", MlpNorm = twoNorms ? "ln_mlp" : "post_attention_layernorm",
                Qkv = "self_attention.query_key_value", QkvByHead = true, Output = "self_attention.dense", Up = "mlp.dense_h_to_4h", Down = "mlp.dense_4h_to_h",
            },
        };
    }
}
