using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Gemma 2: norms before and after both blocks, soft caps on attention scores and logits, every other layer slides.</summary>
internal class Gemma2Family : ModelFamily
{
    public override string Architecture => "Gemma2ForCausalLM";

    public override string ModelType => "gemma2";

    public override ConfigKeys Keys { get; } = new() { Activation = "hidden_activation" };

    public override int? DefaultKvHeadCount => 4;

    public override int? DefaultHeadDim => 256;

    public override int DefaultMaxPositions => 8192;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => Sandwich(shared, fields) with
    {
        AttentionSoftCap = Cap(fields, "attn_logit_softcapping", 50),
        LogitSoftCap = Cap(fields, "final_logit_softcapping", 30),
        SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 4096), layer => layer % 2 == 0),
    };

    /// <summary>What Gemma 2 and 3 have in common.</summary>
    public static ModelConfig Sandwich(ModelConfig shared, JsonFields fields)
    {
        if (fields.Bool("use_bidirectional_attention") == true) fields.Problem("use_bidirectional_attention", "is true, but only causal attention is supported");
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            Norms = new NormConfig { PlusOne = true, AfterAttention = true, AfterMlp = true },
            EmbeddingScale = GemmaFamily.EmbeddingScale(shared),
            AttentionScale = (float)(1 / Math.Sqrt(fields.Number("query_pre_attn_scalar", 1e-3, 1e6) ?? 256)),
            Names = TensorNames.Llama with { MlpNorm = "pre_feedforward_layernorm" },
        };
    }

    /// <summary>A soft cap: null for none, silence for a default.</summary>
    public static float Cap(JsonFields fields, string name, double standIn) =>
        (float)(fields.Contains(name) ? fields.Number(name, 1e-3, 1e6) ?? 0 : standIn);
}
