using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Command R: attention and feed-forward block side by side after one LayerNorm without bias, neighbouring pairs rotated, scaled logits.</summary>
internal sealed class CohereFamily : ModelFamily
{
    public override string Architecture => "CohereForCausalLM";

    public override string ModelType => "cohere";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps" };

    public override double DefaultNormEps => 1e-5;

    public override int DefaultMaxPositions => 8192;

    public override bool DefaultTied => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) =>
        Parallel(shared, fields) with { QkNorm = fields.Bool("use_qk_norm") == true ? QkNorm.OwnHead : QkNorm.None };

    /// <summary>What Command R and its successors have in common.</summary>
    public static ModelConfig Parallel(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            ParallelResidual = true,
            RotaryInterleaved = true,
            LogitScale = (float)(fields.Number("logit_scale", 1e-6, 1e6) ?? 0.0625),
            Norms = new NormConfig { Centred = true, BeforeMlp = false },
        };
    }
}
