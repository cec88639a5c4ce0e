using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>DeepSeek V3, V3.1, R1 and Kimi K2: latent attention; sigmoid experts with a correction, from groups that are ranked by two.</summary>
internal sealed class DeepSeekV3Family : LatentFamily
{
    public override string Architecture => "DeepseekV3ForCausalLM";

    public override string ModelType => "deepseek_v3";

    public override int DefaultMaxPositions => 4096;

    protected override (int? QueryRank, int KeyRank, int Plain, int Rotated, int Value) DefaultSizes => (1536, 512, 128, 64, 128);

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => WithLatent(shared, fields) with
    {
        Experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(256, 8, 2048) { Groups = 8, GroupsPerToken = 4, DenseLayers = 3, Scale = 2.5 }),
        Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
    };
}
