using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>MiniMax-M2: queries and keys normed over all heads, half of a head rotated, sigmoid experts with a correction.</summary>
internal sealed class MiniMaxM2Family : ModelFamily
{
    public override string Architecture => "MiniMaxM2ForCausalLM";

    public override string ModelType => "minimax_m2";

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 196608;

    public override double DefaultTheta => 5e6;

    public override bool HasPartialRotary => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var rotated = fields.Int("rotary_dim", 2, shared.HeadDim) ?? shared.RotaryDim;
        if (rotated % 2 != 0) fields.Problem("rotary_dim", $"is {rotated}, but must be even");
        if (fields.Int("shared_intermediate_size", 0, int.MaxValue) > 0) fields.Problem("shared_intermediate_size", "is not 0, but shared experts are not supported");
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 256, DefaultPerToken = 8, WidthKey = "intermediate_size", Normalized = true });
        return shared with
        {
            QkNorm = fields.Bool("use_qk_norm") == false ? QkNorm.None : QkNorm.Width,
            RotaryDim = rotated & ~1,
            Experts = experts with { Sigmoid = true, Correction = fields.Bool("use_routing_bias") ?? true },
            Names = TensorNames.Llama with
            {
                Router = "block_sparse_moe.gate", Corrections = "block_sparse_moe.e_score_correction_bias",
                Expert = "block_sparse_moe.experts.{0}.", ExpertGate = "w1", ExpertUp = "w3", ExpertDown = "w2",
            },
        };
    }
}
