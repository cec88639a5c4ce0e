using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen3.5 with experts in every layer, and its text part: their weights are always made to add up to one.</summary>
internal sealed class Qwen35MoeFamily : Qwen3NextFamily
{
    public override string Architecture => "Qwen3_5MoeForCausalLM";

    public override string ModelType => "qwen3_5_moe_text";

    public override int? DefaultVocabSize => 248320;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var mixed = Mixed(shared, fields);
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 256, DefaultPerToken = 8, DefaultWidth = 512, Normalized = true });
        return mixed with
        {
            Experts = WithShared(experts, fields) with { Layers = [.. Enumerable.Repeat(true, shared.LayerCount)] },
            Names = mixed.Names with { ExpertsStacked = true },
        };
    }
}
