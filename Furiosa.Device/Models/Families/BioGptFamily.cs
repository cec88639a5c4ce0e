using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>BioGPT: OPT with scaled embeddings and another epsilon than its file says.</summary>
internal sealed class BioGptFamily : FairseqFamily
{
    public override string Architecture => "BioGptForCausalLM";

    public override string ModelType => "biogpt";

    public override int DefaultMaxPositions => 1024;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var layers = WithLayers(shared);
        return layers with
        {
            NormEps = 1e-5f, // its code does not ask for layer_norm_eps
            LearnedPositions = true,
            EmbeddingScale = EmbeddingScale(shared, fields),
            Names = layers.Names with { Root = "biogpt.", Head = "output_projection" },
        };
    }
}
