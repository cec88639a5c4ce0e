using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Ministral 3: Mistral whose queries grow with their position.</summary>
internal sealed class Ministral3Family : ModelFamily
{
    public override string Architecture => "Ministral3ForCausalLM";

    public override string ModelType => "ministral3";

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 262144;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 1e6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var rope = fields.Object("rope_parameters") ?? fields.Object("rope_scaling");
        var every = rope?.Int("original_max_position_embeddings", 1, 1 << 24) ?? 16384;
        var factor = rope?.Number("llama_4_scaling_beta", 0, 1e3) ?? (rope is null ? 0.1 : 0);
        return shared with
        {
            QueryGrowth = factor == 0 ? null : new QueryGrowth(factor, every, 0, false),
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, null), _ => true),
        };
    }
}
