using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>ERNIE 4.5 (dense): Llama with neighbouring pairs rotated.</summary>
internal class Ernie45Family : ModelFamily
{
    public override string Architecture => "Ernie4_5ForCausalLM";

    public override string ModelType => "ernie4_5";

    public override int? DefaultKvHeadCount => 2;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 500000;

    public override bool DefaultTied => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("use_bias") ?? false;
        return shared with { AttentionBias = bias, AttentionOutputBias = bias, MlpBias = bias, RotaryInterleaved = true };
    }
}
