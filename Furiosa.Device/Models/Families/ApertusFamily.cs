using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Apertus: queries and keys normed per head, no gate, a nonlinearity with learned numbers of each layer.</summary>
internal sealed class ApertusFamily : ModelFamily
{
    public override string Architecture => "ApertusForCausalLM";

    public override string ModelType => "apertus";

    public override int DefaultMaxPositions => 65536;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 12e6;

    public override Activation DefaultActivation => Activation.Xielu;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        RequireFalse(fields, "post_norm");
        if (fields.Bool("qk_norm") == false) fields.Problem("qk_norm", "is false, but only true is supported");
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            GatedMlp = false,
            QkNorm = QkNorm.Head,
            Ropes = fields.Has("rope_parameters") || fields.Has("rope_scaling") ? shared.Ropes : [shared.Ropes[0] with
            {
                Type = RopeType.Llama3, Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalMaxPositions = 8192,
            }],
            Names = TensorNames.Llama with { AttentionNorm = "attention_layernorm", MlpNorm = "feedforward_layernorm" },
        };
    }
}
