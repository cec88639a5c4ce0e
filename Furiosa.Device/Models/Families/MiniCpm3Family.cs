using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>MiniCPM3: latent attention with MiniCPM's three multipliers.</summary>
internal sealed class MiniCpm3Family : LatentFamily
{
    public override string Architecture => "MiniCPM3ForCausalLM";

    public override string ModelType => "minicpm3";

    public override bool DefaultTied => true;

    protected override (int? QueryRank, int KeyRank, int Plain, int Rotated, int Value) DefaultSizes => (768, 256, 64, 32, 64);

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) =>
        MiniCpmFamily.Multipliers(WithLatent(shared, fields), fields) with { RotaryInterleaved = false };
}
