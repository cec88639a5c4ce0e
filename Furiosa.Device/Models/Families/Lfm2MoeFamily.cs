using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>LFM2 with sigmoid experts, and dense layers first.</summary>
internal sealed class Lfm2MoeFamily : Lfm2Family
{
    public override string Architecture => "Lfm2MoeForCausalLM";

    public override string ModelType => "lfm2_moe";

    public override int? DefaultIntermediateSize(int hiddenSize) => 7168;

    public override ConfigKeys KeysOf(JsonFields fields) => base.KeysOf(fields) with { IntermediateSize = Keys.IntermediateSize };

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var dense = fields.Int("num_dense_layers", 0, 4096) ?? 2;
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 32, DefaultPerToken = 4, DefaultWidth = 1792 });
        return Mixed(shared, fields) with
        {
            Experts = experts with
            {
                Normalized = fields.Bool("norm_topk_prob") ?? true,
                Sigmoid = true,
                Correction = fields.Bool("use_expert_bias") ?? true,
                Scale = (float)(fields.Number("routed_scaling_factor", 1e-6, 1e6) ?? 1),
                AddedTotal = 1e-6f,
                Layers = [.. Enumerable.Range(0, shared.LayerCount).Select(layer => layer >= dense)],
            },
        };
    }
}
