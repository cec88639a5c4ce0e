using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>StableLM: LayerNorms with biases, a quarter of each head rotated; queries and keys may be normed, each head by weights of its own.</summary>
internal sealed class StableLmFamily : ModelFamily
{
    public override string Architecture => "StableLmForCausalLM";

    public override string ModelType => "stablelm";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps" };

    public override int? DefaultKvHeadCount => 32;

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultPartialRotary => 0.25;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var parallel = fields.Bool("use_parallel_residual") ?? false;
        return shared with
        {
            AttentionBias = fields.Bool("use_qkv_bias") ?? false,
            ParallelResidual = parallel,
            QkNorm = fields.Bool("qk_layernorm") == true ? QkNorm.OwnHead : QkNorm.None,
            Norms = new NormConfig { Centred = true, HasBias = true, BeforeMlp = !parallel },
            Names = TensorNames.Llama with { QueryNorm = "self_attn.q_layernorm", KeyNorm = "self_attn.k_layernorm", HeadNorm = ".norms.{0}" },
        };
    }
}
