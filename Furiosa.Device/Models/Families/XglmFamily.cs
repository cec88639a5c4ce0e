using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>XGLM: scaled embeddings, positions as sines and cosines from the third on, LayerNorms and biases everywhere, no gate.</summary>
internal sealed class XglmFamily : FairseqFamily
{
    public override string Architecture => "XGLMForCausalLM";

    public override string ModelType => "xglm";

    public override ConfigKeys Keys { get; } = new()
    {
        HiddenSize = "d_model", Layers = "num_layers", Heads = "attention_heads", IntermediateSize = "ffn_dim", Activation = "activation_function",
    };

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        RequireFalse(fields, "add_cross_attention");
        return WithLayers(shared) with { NormEps = 1e-5f, SinusoidalPositions = true, EmbeddingScale = EmbeddingScale(shared, fields) };
    }
}
