using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>FlexOlmo: OLMo 2's attention and norms with OLMoE's experts.</summary>
internal sealed class FlexOlmoFamily : ModelFamily
{
    public override string Architecture => "FlexOlmoForCausalLM";

    public override string ModelType => "flex_olmo";

    public override int DefaultMaxPositions => 4096;

    public override double DefaultTheta => 500000;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => new Olmo2Family().Complete(shared, fields) with
    {
        Experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 7, DefaultPerToken = 5, WidthKey = "intermediate_size" }),
    };
}
