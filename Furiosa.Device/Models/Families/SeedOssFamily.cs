using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Seed-OSS: Llama with biases on queries, keys and values.</summary>
internal sealed class SeedOssFamily : ModelFamily
{
    public override string Architecture => "SeedOssForCausalLM";

    public override string ModelType => "seed_oss";

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 524288;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = fields.Bool("attention_bias") ?? true,
        AttentionOutputBias = fields.Bool("attention_out_bias") ?? false,
        MlpBias = fields.Bool("mlp_bias") ?? false,
    };
}
