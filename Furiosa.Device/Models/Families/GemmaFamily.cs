using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Gemma 1: norms by 1 + weight, embeddings times the root of the hidden size, GELU by its tanh approximation whatever the older field says.</summary>
internal sealed class GemmaFamily : ModelFamily
{
    public override string Architecture => "GemmaForCausalLM";

    public override string ModelType => "gemma";

    public override ConfigKeys Keys { get; } = new() { Activation = "hidden_activation" };

    public override int? DefaultKvHeadCount => 16;

    public override int? DefaultHeadDim => 256;

    public override int DefaultMaxPositions => 8192;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var older = fields.Has("hidden_activation") ? "hidden_activation" : "hidden_act";
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            Norms = new NormConfig { PlusOne = true },
            EmbeddingScale = EmbeddingScale(shared),
            // The first checkpoints say "gelu" in hidden_act and mean the approximation.
            Activation = fields.Text(older) == "gelu" ? Activation.GeluTanh : ActivationNames.Read(fields, older, Activation.GeluTanh),
        };
    }

    /// <summary>The root of the hidden size in the weights' own type, as these models were trained.</summary>
    public static float EmbeddingScale(ModelConfig shared)
    {
        float root = MathF.Sqrt(shared.HiddenSize);
        return shared.WeightType == TensorType.BF16 ? PanelPacker.WidenedBf16(root) : root;
    }
}
