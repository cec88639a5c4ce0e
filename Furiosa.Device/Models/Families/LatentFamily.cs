using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>What families with multi-head latent attention have in common.</summary>
internal abstract class LatentFamily : ModelFamily
{
    private const int LargestHead = 1024;

    /// <summary>The sizes where the file is silent: ranks of queries, null for none, and of keys; elements of a head that are plain, rotated, of its value.</summary>
    protected abstract (int? QueryRank, int KeyRank, int Plain, int Rotated, int Value) DefaultSizes { get; }

    public override (int HeadDim, int RotaryDim)? HeadSizes(JsonFields fields)
    {
        var rotated = fields.Int("qk_rope_head_dim", 2, LargestHead) ?? DefaultSizes.Rotated;
        var plain = fields.Int("qk_nope_head_dim", 1, LargestHead) ?? DefaultSizes.Plain;
        if (rotated % 2 != 0) fields.Problem("qk_rope_head_dim", $"is {rotated}, but must be even");
        return (plain + rotated, rotated & ~1);
    }

    /// <summary>Adds the attention.</summary>
    protected ModelConfig WithLatent(ModelConfig shared, JsonFields fields)
    {
        const int most = 1 << 17;
        var queryRank = fields.Contains("q_lora_rank") ? fields.Int("q_lora_rank", 1, most) : DefaultSizes.QueryRank;
        var keyRank = fields.Int("kv_lora_rank", 1, most) ?? DefaultSizes.KeyRank;
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            KvHeadCount = shared.HeadCount,
            ValueDim = fields.Int("v_head_dim", 1, LargestHead) ?? DefaultSizes.Value,
            Latent = new LatentConfig(queryRank ?? 0, keyRank, shared.HeadDim - shared.RotaryDim),
            RotaryLast = true,
            RotaryInterleaved = fields.Bool("rope_interleave") ?? true,
            AttentionBias = bias,
            AttentionOutputBias = bias,
            AttentionScale = Scale(shared),
        };
    }

    // What yarn takes off cosines and sines for all dimensions alike, it puts on the scores.
    private static float Scale(ModelConfig shared)
    {
        var rope = shared.Ropes[0];
        var most = rope is { Type: RopeType.Yarn, Factor: > 1, MscaleAllDim: > 0 and var all } ? 0.1 * all * DoubleMath.Log(rope.Factor) + 1 : 1;
        return (float)(most * most / Math.Sqrt(shared.HeadDim));
    }
}
