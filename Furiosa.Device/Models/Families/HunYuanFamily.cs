using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Hunyuan (dense): queries and keys are normed per head after rotation; a base of frequencies that is stretched once for all.</summary>
internal sealed class HunYuanFamily : ModelFamily
{
    public override string Architecture => "HunYuanDenseV1ForCausalLM";

    public override string ModelType => "hunyuan_v1_dense";

    public override double DefaultNormEps => 1e-5;

    /// <summary>What the norms of queries and keys are called.</summary>
    public static TensorNames Names { get; } = TensorNames.Llama with { QueryNorm = "self_attn.query_layernorm", KeyNorm = "self_attn.key_layernorm" };

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => Attention(shared, fields) with { MlpBias = fields.Bool("mlp_bias") ?? false };

    /// <summary>The attention, which the model with experts has too.</summary>
    public static ModelConfig Attention(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var rope = shared.Ropes[0];
        var alpha = (fields.Object("rope_parameters") ?? fields.Object("rope_scaling"))?.Number("alpha", 1e-3, 1e9);
        if (alpha is { } stretch && rope.Type == RopeType.Dynamic)
            rope = new RopeConfig { Theta = rope.Theta * DoubleMath.Pow(stretch, shared.HeadDim / (shared.HeadDim - 2.0)) };
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = fields.Bool("use_qk_norm") ?? true ? QkNorm.Head : QkNorm.None,
            QkNormAfterRotation = true,
            Ropes = [rope],
            Names = Names,
        };
    }
}
