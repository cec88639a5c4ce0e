using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>StarCoder2: LayerNorms and, by one flag, biases everywhere; a feed-forward block without a gate.</summary>
internal sealed class Starcoder2Family : ModelFamily
{
    public override string Architecture => "Starcoder2ForCausalLM";

    public override string ModelType => "starcoder2";

    public override ConfigKeys Keys { get; } = new() { NormEps = "norm_epsilon" };

    public override int? DefaultKvHeadCount => 2;

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("use_bias") ?? true;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = bias,
            GatedMlp = false,
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, null), _ => true),
            Norms = new NormConfig { Centred = true, HasBias = true },
            Names = TensorNames.Llama with { Up = "mlp.c_fc", Down = "mlp.c_proj" },
        };
    }
}
