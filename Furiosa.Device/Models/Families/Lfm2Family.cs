using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>LFM2: short convolutions in most layers, attention with normed queries and keys in the others.</summary>
internal class Lfm2Family : ModelFamily
{
    private const string OlderWidth = "block_ff_dim", Width = "intermediate_size";

    public override string Architecture => "Lfm2ForCausalLM";

    public override string ModelType => "lfm2";

    public override ConfigKeys Keys { get; } = new() { NormEps = "norm_eps" };

    public override int? DefaultHeadCount => 32;

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultVocabSize => 65536;

    public override int DefaultMaxPositions => 128000;

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override double DefaultTheta => 1e6;

    public override int? DefaultIntermediateSize(int hiddenSize) => 12288;

    /// <summary>The first files have words of their own for some fields, which count where a file has both.</summary>
    public override ConfigKeys KeysOf(JsonFields fields) =>
        Keys with { RopeTheta = fields.Has("theta") ? "theta" : "rope_theta", IntermediateSize = fields.Has(OlderWidth) ? OlderWidth : Width };

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) =>
        Mixed(shared, fields) with { IntermediateSize = WidthOf(shared.IntermediateSize, fields) };

    /// <summary>What both generations of the family have.</summary>
    protected static ModelConfig Mixed(ModelConfig shared, JsonFields fields)
    {
        var conv = new ShortConvConfig(
            fields.Int("conv_L_cache", 2, ShortConvConfig.MostLength) ?? 3, fields.Bool("conv_bias") ?? false, LayerKinds.Convolutions(fields, shared.LayerCount));
        // Channels of a convolution are shared out like heads.
        if (shared.HiddenSize != shared.QueryWidth)
            fields.Problem("hidden_size", $"is {shared.HiddenSize}, but convolutions need it to be num_attention_heads times head_dim, which is {shared.QueryWidth}");
        return shared with
        {
            TieWordEmbeddings = fields.Bool("tie_embedding") ?? shared.TieWordEmbeddings,
            Activation = Activation.Silu,
            QkNorm = QkNorm.Head,
            ShortConv = conv,
            LayerRopes = [.. conv.Layers.Select(isConv => isConv ? (int?)null : 0)],
            Names = TensorNames.Llama with
            {
                FinalNorm = "embedding_norm", AttentionNorm = "operator_norm", MlpNorm = "ffn_norm", QueryNorm = "self_attn.q_layernorm", KeyNorm = "self_attn.k_layernorm",
                Output = "self_attn.out_proj", Gate = "feed_forward.w1", Up = "feed_forward.w3", Down = "feed_forward.w2",
                Router = "feed_forward.gate", Corrections = "feed_forward.expert_bias", Expert = "feed_forward.experts.{0}.", ExpertGate = "w1", ExpertUp = "w3", ExpertDown = "w2",
                ExpertsGateUp = "feed_forward.experts.gate_up_proj", ExpertsDown = "feed_forward.experts.down_proj",
            },
        };
    }

    // Unless told otherwise two thirds of what the file says, times a factor and rounded up; the factor's null leaves out both.
    private static int WidthOf(int given, JsonFields fields)
    {
        var multiple = fields.Int("block_multiple_of", 1, 1 << 20) ?? 256;
        var factor = fields.Contains("block_ffn_dim_multiplier") ? fields.Number("block_ffn_dim_multiplier", 1e-3, 1e3) : 1;
        if (fields.Bool("block_auto_adjust_ff_dim") == false) return given;
        var width = (long)(2.0 * given / 3);
        if (factor is { } times) width = ((long)(times * width) + multiple - 1) / multiple * multiple;
        if (width is >= 1 and <= 1 << 20) return (int)width;
        fields.Problem(fields.Has(OlderWidth) ? OlderWidth : Width, $"is {given}, but what the block_ fields make of it must be from 1 to {1 << 20}");
        return 1;
    }
}
