using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>StableLM: LayerNorms with biases, a quarter of each head rotated.</summary>
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
        RequireFalse(fields, "qk_layernorm");
        var parallel = fields.Bool("use_parallel_residual") ?? false;
        return shared with
        {
            AttentionBias = fields.Bool("use_qkv_bias") ?? false,
            ParallelResidual = parallel,
            Norms = new NormConfig { Centred = true, HasBias = true, BeforeMlp = !parallel },
        };
    }
}
