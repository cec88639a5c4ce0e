using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>MPT: linear biases instead of positions, LayerNorms without biases, no biases at all, no gate; queries, keys and values may be clipped.</summary>
internal sealed class MptFamily : ModelFamily
{
    private const int Expansion = 4;

    public override string Architecture => "MptForCausalLM";

    public override string ModelType => "mpt";

    public override ConfigKeys Keys { get; } = new()
    {
        HiddenSize = "d_model", Layers = "n_layers", Heads = "n_heads", MaxPositions = "max_seq_len", NormEps = "layer_norm_epsilon",
    };

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override bool HasRope => false;

    public override Activation DefaultActivation => Activation.Gelu;

    public override int? DefaultIntermediateSize(int hiddenSize) => Expansion * hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if ((fields.Int("expansion_ratio", 1, 1024) ?? Expansion) != Expansion) fields.Problem("expansion_ratio", $"must be {Expansion}");
        if (fields.Bool("no_bias") == false) fields.Problem("no_bias", "is false, but only models without biases are supported");
        if (fields.Has("logit_scale")) fields.Problem("logit_scale", "is present, but scaled logits are not supported");
        var attention = fields.Object("attn_config");
        if (attention is not null) Check(attention);
        return shared with
        {
            KvHeadCount = shared.HeadCount,
            IntermediateSize = Expansion * shared.HiddenSize,
            Activation = Activation.Gelu,
            GatedMlp = false,
            Alibi = new AlibiConfig(attention?.Number("alibi_bias_max", 1, 1024) ?? 8),
            AttentionScale = (float?)attention?.Number("softmax_scale", 1e-6, 1e6),
            QkvClip = (float)(attention?.Number("clip_qkv", 0, 1e9) ?? 0),
            Norms = new NormConfig { Centred = true },
            Names = new TensorNames
            {
                Root = "transformer.", Embedding = "wte", FinalNorm = "norm_f", Layer = "blocks.{0}.", AttentionNorm = "norm_1", MlpNorm = "norm_2",
                Qkv = "attn.Wqkv", Output = "attn.out_proj", Up = "ffn.up_proj", Down = "ffn.down_proj",
            },
        };
    }

    private static void Check(JsonFields attention)
    {
        RequireFalse(attention, "qk_ln");
        RequireFalse(attention, "prefix_lm");
        RequireFalse(attention, "rope");
        if (attention.Bool("alibi") == false) attention.Problem("alibi", "is false, but only linear biases are supported");
        if (attention.Text("attn_type") is { } type and not "multihead_attention") attention.Problem("attn_type", $"is \"{type}\", but must be multihead_attention");
    }
}
