using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>K-EXAONE: EXAONE 4's attention, norms before the blocks, DeepSeek V3's experts.</summary>
internal sealed class ExaoneMoeFamily : Exaone4Family
{
    public override string Architecture => "ExaoneMoeForCausalLM";

    public override string ModelType => "exaone_moe";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => base.Complete(shared, fields) with
    {
        Norms = new NormConfig(),
        Experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(64, 8, 1024) { Scale = 2.5 }),
        Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
    };
}
