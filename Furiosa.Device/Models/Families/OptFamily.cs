using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OPT: learned positions of which the first two are never used, LayerNorms and biases everywhere, no gate.</summary>
internal sealed class OptFamily : FairseqFamily
{
    public override string Architecture => "OPTForCausalLM";

    public override string ModelType => "opt";

    public override ConfigKeys Keys { get; } = new() { IntermediateSize = "ffn_dim", Activation = "activation_function" };

    public override Activation DefaultActivation => Activation.Relu;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if ((fields.Int("word_embed_proj_dim", 1, 1 << 17) ?? shared.HiddenSize) != shared.HiddenSize)
            fields.Problem("word_embed_proj_dim", $"is not hidden_size, {shared.HiddenSize}, but embeddings of another width are not supported");
        foreach (var name in new[] { "do_layer_norm_before", "enable_bias", "layer_norm_elementwise_affine" })
        {
            if (fields.Bool(name) == false) fields.Problem(name, "is false, but only true is supported");
        }

        RequireFalse(fields, "_remove_final_layer_norm");
        var layers = WithLayers(shared);
        return layers with { LearnedPositions = true, Names = layers.Names with { Root = "model.decoder.", FinalNorm = "final_layer_norm" } };
    }
}
