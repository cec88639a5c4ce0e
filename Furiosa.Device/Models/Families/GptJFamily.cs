using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPT-J: attention and feed-forward block side by side after one LayerNorm, neighbouring pairs of the first elements rotated, a head with a bias.</summary>
internal class GptJFamily : GptFamily
{
    public override string Architecture => "GPTJForCausalLM";

    public override string ModelType => "gptj";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var rotated = fields.Contains("rotary_dim") ? fields.Int("rotary_dim", 2, shared.HeadDim) ?? shared.HeadDim : Math.Min(64, shared.HeadDim);
        if (rotated % 2 != 0) fields.Problem("rotary_dim", $"is {rotated}, but must be even");
        return shared with
        {
            KvHeadCount = shared.HeadCount, // it has no grouped heads, whatever a file says of them
            MlpBias = true,
            HeadBias = true,
            GatedMlp = false,
            ParallelResidual = true,
            RotaryDim = rotated & ~1,
            RotaryInterleaved = true,
            Ropes = [new RopeConfig { KeepsTable = true }],
            Norms = new NormConfig { Centred = true, HasBias = true, BeforeMlp = false },
            Names = new TensorNames
            {
                Root = "transformer.", Embedding = "wte", FinalNorm = "ln_f", Layer = "h.{0}.", AttentionNorm = "ln_1",
                Query = "attn.q_proj", Key = "attn.k_proj", Value = "attn.v_proj", Output = "attn.out_proj", Up = "mlp.fc_in", Down = "mlp.fc_out",
            },
        };
    }
}
