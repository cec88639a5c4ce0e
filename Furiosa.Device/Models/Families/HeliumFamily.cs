using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Helium: Llama with neighbouring pairs rotated.</summary>
internal sealed class HeliumFamily : ModelFamily
{
    public override string Architecture => "HeliumForCausalLM";

    public override string ModelType => "helium";

    public override int? DefaultKvHeadCount => 20;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-8;

    public override double DefaultTheta => 100000;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = fields.Bool("attention_bias") ?? false,
        MlpBias = fields.Bool("mlp_bias") ?? false,
        RotaryInterleaved = true,
    };
}
