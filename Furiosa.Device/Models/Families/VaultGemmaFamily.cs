using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>VaultGemma: Gemma 2 without the norms after the blocks.</summary>
internal sealed class VaultGemmaFamily : Gemma2Family
{
    public override string Architecture => "VaultGemmaForCausalLM";

    public override string ModelType => "vaultgemma";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var gemma = base.Complete(shared, fields);
        return gemma with { Norms = gemma.Norms with { AfterAttention = false, AfterMlp = false } };
    }
}
