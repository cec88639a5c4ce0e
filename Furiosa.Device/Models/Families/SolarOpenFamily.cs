using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Solar Open: Llama's attention with GLM-4.5's experts in all layers.</summary>
internal sealed class SolarOpenFamily : ModelFamily
{
    public override string Architecture => "SolarOpenForCausalLM";

    public override string ModelType => "solar_open";

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 1e6;

    public override bool HasPartialRotary => true;

    // No layer has a dense block.
    public override int? DefaultIntermediateSize(int hiddenSize) => hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = fields.Bool("attention_bias") ?? false,
        Experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(128, 8, 1280) { DenseLayers = 0 }),
        Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
    };
}
