using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>What decoders that come from fairseq have in common: a LayerNorm before each block, biases everywhere, no gate, its names of tensors.</summary>
internal abstract class FairseqFamily : ModelFamily
{
    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.Gelu;

    public override bool HasRope => false;

    /// <summary>Adds the layers.</summary>
    protected static ModelConfig WithLayers(ModelConfig shared) => shared with
    {
        AttentionBias = true,
        AttentionOutputBias = true,
        MlpBias = true,
        GatedMlp = false,
        FirstPosition = 2,
        Norms = new NormConfig { Centred = true, HasBias = true },
        Names = TensorNames.Llama with
        {
            Positions = "embed_positions", FinalNorm = "layer_norm", AttentionNorm = "self_attn_layer_norm",
            MlpNorm = "final_layer_norm", Output = "self_attn.out_proj", Up = "fc1", Down = "fc2",
        },
    };

    /// <summary>The root of the hidden size, unless the file says that embeddings are not scaled.</summary>
    protected static float EmbeddingScale(ModelConfig shared, JsonFields fields) => fields.Bool("scale_embedding") ?? true ? (float)Math.Sqrt(shared.HiddenSize) : 1;
}
