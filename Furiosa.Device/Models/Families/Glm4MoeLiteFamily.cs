using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GLM-4.7-Flash: DeepSeek V3 with other sizes.</summary>
internal sealed class Glm4MoeLiteFamily : LatentFamily
{
    public override string Architecture => "Glm4MoeLiteForCausalLM";

    public override string ModelType => "glm4_moe_lite";

    public override int DefaultMaxPositions => 202752;

    public override double DefaultNormEps => 1e-5;

    protected override (int? QueryRank, int KeyRank, int Plain, int Rotated, int Value) DefaultSizes => (768, 512, 192, 64, 256);

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => WithLatent(shared, fields) with
    {
        Experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(64, 4, 1536) { Scale = 1.8 }),
        Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
    };
}
