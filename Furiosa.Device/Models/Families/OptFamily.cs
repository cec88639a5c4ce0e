using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OPT: learned positions of which the first two are never used, LayerNorms and biases everywhere, no gate.</summary>
internal sealed class OptFamily : ModelFamily
{
    public override string Architecture => "OPTForCausalLM";

    public override string ModelType => "opt";

    public override ConfigKeys Keys { get; } = new() { IntermediateSize = "ffn_dim", Activation = "activation_function" };

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.Relu;

    public override bool HasRope => false;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if ((fields.Int("word_embed_proj_dim", 1, 1 << 17) ?? shared.HiddenSize) != shared.HiddenSize)
            fields.Problem("word_embed_proj_dim", $"is not hidden_size, {shared.HiddenSize}, but embeddings of another width are not supported");
        foreach (var name in new[] { "do_layer_norm_before", "enable_bias", "layer_norm_elementwise_affine" })
        {
            if (fields.Bool(name) == false) fields.Problem(name, "is false, but only true is supported");
        }

        RequireFalse(fields, "_remove_final_layer_norm");
        return shared with
        {
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            GatedMlp = false,
            LearnedPositions = true,
            FirstPosition = 2,
            Norms = new NormConfig { Centred = true, HasBias = true },
            Names = TensorNames.Llama with
            {
                Root = "model.decoder.", Positions = "embed_positions", FinalNorm = "final_layer_norm", AttentionNorm = "self_attn_layer_norm",
                MlpNorm = "final_layer_norm", Output = "self_attn.out_proj", Up = "fc1", Down = "fc2",
            },
        };
    }
}
