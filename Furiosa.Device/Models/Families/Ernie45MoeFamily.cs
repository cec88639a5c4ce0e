using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>ERNIE 4.5 with experts: the choice by corrected shares of the softmax, shared experts as one.</summary>
internal sealed class Ernie45MoeFamily : Ernie45Family
{
    private const string Shared = "moe_num_shared_experts";

    public override string Architecture => "Ernie4_5_MoeForCausalLM";

    public override string ModelType => "ernie4_5_moe";

    public override int? DefaultKvHeadCount => 4;

    public override int? DefaultHeadDim => null;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var dense = base.Complete(shared, fields);
        var (first, last) = (fields.Int("moe_layer_start_index", 0, 4096) ?? 1, fields.Int("moe_layer_end_index", -1, 4096) ?? -1);
        var every = fields.Int("moe_layer_interval", 1, 4096) ?? 1;
        if (last < 0) last = shared.LayerCount - 1;
        var (count, perToken) = (fields.Int("moe_num_experts", 1, 4096) ?? 64, fields.Int("moe_k", 1, 4096) ?? 6);
        var width = fields.Int("moe_intermediate_size", 1, 1 << 20) ?? 1536;
        if (perToken > count) fields.Problem("moe_k", $"is {perToken}, but there are {count} experts");
        return dense with
        {
            HeadBias = dense.MlpBias,
            Experts = new ExpertConfig
            {
                Count = count, PerToken = Math.Min(perToken, count), Width = width, Normalized = true, Correction = true, Bias = dense.MlpBias,
                SharedWidth = ExpertConfigReader.SharedWidth(fields, Shared, fields.Int(Shared, 0, 4096) ?? 2, width), LeastTotal = (float)(fields.Number("moe_norm_min", 0, 1) ?? 1e-12),
                Layers = [.. Enumerable.Range(0, shared.LayerCount).Select(layer => (layer + 1) % every == 0 && layer >= first && layer <= last)],
            },
            Names = TensorNames.Llama with
            {
                SharedExpert = TensorNames.SharedExperts, Corrections = "mlp.moe_statics.e_score_correction_bias", CorrectionsInRow = true,
            },
        };
    }
}
