using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>gpt-oss: attention sinks, biases everywhere, every other layer slides, experts with a clamped SwiGLU whose softmax is over the chosen ones.</summary>
internal sealed class GptOssFamily : ModelFamily
{
    public override string Architecture => "GptOssForCausalLM";

    public override string ModelType => "gpt_oss";

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 64;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 150000;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? true;
        if (fields.Number("swiglu_alpha", 1e-3, 1e3) is { } alpha && Math.Abs(alpha - 1.702) > 1e-6)
            fields.Problem("swiglu_alpha", FormattableString.Invariant($"is {alpha}, but only 1.702 is supported"));
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 128, DefaultPerToken = 4, WidthKey = "intermediate_size", Normalized = true });
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            AttentionSinks = true,
            Ropes = fields.Has("rope_parameters") || fields.Has("rope_scaling") ? shared.Ropes : [shared.Ropes[0] with
            {
                Type = RopeType.Yarn, Factor = 32, OriginalMaxPositions = 4096, Truncate = false,
            }],
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 128), layer => layer % 2 == 0),
            Activation = Activation.ClampedSwiglu,
            ActivationLimit = (float)(fields.Number("swiglu_limit", 1e-3, 1e6) ?? 7),
            Experts = experts with { RouterBias = true, Bias = true },
            Names = TensorNames.Llama with { Router = "mlp.router", ExpertsStacked = true, ExpertsByInput = true, ExpertsTakeTurns = true },
        };
    }
}
