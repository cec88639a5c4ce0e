using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Hunyuan with experts (A13B): the dense model's attention; weights of the chosen experts add up to one, beside a shared one. No token is dropped.</summary>
internal sealed class HunYuanMoeFamily : ModelFamily
{
    private const string Count = "num_experts";
    private const string PerToken = "moe_topk";
    private const string Width = "moe_intermediate_size";
    private const string Shared = "num_shared_expert";

    public override string Architecture => "HunYuanMoEV1ForCausalLM";

    public override string ModelType => "hunyuan_v1_moe";

    public override double DefaultNormEps => 1e-5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var (count, perToken) = (Same(fields, Count, 4096) ?? 1, Same(fields, PerToken, 4096) ?? 1);
        var width = Same(fields, Width, 1 << 20) ?? shared.IntermediateSize;
        if (perToken > count) fields.Problem(PerToken, $"is {perToken}, but there are {count} experts");
        return HunYuanFamily.Attention(shared, fields) with
        {
            Experts = new ExpertConfig
            {
                Count = count, PerToken = Math.Min(perToken, count), Width = width, Normalized = true,
                SharedWidth = ExpertConfigReader.SharedWidth(fields, Shared, Same(fields, Shared, 4096) ?? 1, shared.IntermediateSize), Layers = [.. Enumerable.Repeat(true, shared.LayerCount)],
            },
            Names = HunYuanFamily.Names with { Router = "mlp.gate.wg", SharedExpert = "mlp.shared_mlp." },
        };
    }

    // A number, or one for each layer, which must all be the same.
    private static int? Same(JsonFields fields, string name, int most)
    {
        var values = fields.IntOrInts(name, 1, most);
        if (values.Any(value => value != values[0])) fields.Problem(name, "differs from layer to layer, but all layers must be alike");
        return values.Count == 0 ? null : values[0];
    }
}
