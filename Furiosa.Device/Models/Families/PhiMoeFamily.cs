using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Phi-3.5-MoE: LayerNorms, two experts that are chosen one after the other, each by its share of those near it.</summary>
internal sealed class PhiMoeFamily : ModelFamily
{
    private const int Chosen = 2;

    public override string Architecture => "PhimoeForCausalLM";

    public override string ModelType => "phimoe";

    public override int? DefaultKvHeadCount => 8;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 1e6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 16, DefaultPerToken = Chosen, WidthKey = "intermediate_size" });
        if (experts.PerToken != Chosen) fields.Problem("num_experts_per_tok", $"is {experts.PerToken}, but must be {Chosen}");
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            HeadBias = fields.Bool("lm_head_bias") ?? false,
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, null), _ => true),
            Ropes = [shared.Ropes[0] with { StaysFloat = true }],
            Norms = new NormConfig { Centred = true, HasBias = true },
            Experts = experts with { Spread = (float)(2 * (fields.Number("router_jitter_noise", 1e-9, 1e3) ?? 0.01)) },
            Names = TensorNames.Llama with
            {
                Router = "block_sparse_moe.gate", Expert = "block_sparse_moe.experts.{0}.", ExpertGate = "w1", ExpertUp = "w3", ExpertDown = "w2",
            },
        };
    }
}
