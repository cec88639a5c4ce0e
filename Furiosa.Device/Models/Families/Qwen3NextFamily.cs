using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen3-Next: the gated delta rule in most layers, attention with gates in the others, experts beside a shared one.</summary>
internal class Qwen3NextFamily : ModelFamily
{
    public override string Architecture => "Qwen3NextForCausalLM";

    public override string ModelType => "qwen3_next";

    public override int? DefaultHeadCount => 16;

    public override int? DefaultKvHeadCount => 2;

    public override int? DefaultHeadDim => 256;

    public override int? DefaultVocabSize => 151936;

    public override int DefaultMaxPositions => 32768;

    public override double DefaultPartialRotary => 0.25;

    public override bool HasPartialRotary => true;

    public override int? DefaultIntermediateSize(int hiddenSize) => 5632;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var mixed = Mixed(shared, fields);
        var experts = WithShared(ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 512, DefaultPerToken = 10, DefaultWidth = 512 }), fields);
        return mixed with
        {
            Experts = experts with { Normalized = fields.Bool("norm_topk_prob") ?? true },
            Names = mixed.Names with { RecurrentByGroup = true },
        };
    }

    /// <summary>What both generations of the family have.</summary>
    protected static ModelConfig Mixed(ModelConfig shared, JsonFields fields)
    {
        if (fields.Bool("attn_output_gate") == false) fields.Problem("attn_output_gate", "is false, but only true is supported");
        var every = fields.Int("full_attention_interval", 1, 4096) ?? 4;
        var recurrent = RecurrentConfigReader.GatedDelta(fields, shared, LayerKinds.Recurrent(fields, shared.LayerCount, layer => (layer + 1) % every != 0));
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            AttentionGate = true,
            QkNorm = QkNorm.Head,
            Norms = new NormConfig { PlusOne = true },
            Recurrent = recurrent,
            LayerRopes = [.. recurrent.Layers.Select(keepsState => keepsState ? (int?)null : 0)],
            Names = TensorNames.Llama with { Recurrent = "linear_attn." },
        };
    }

    /// <summary>Adds the shared expert.</summary>
    protected static ExpertConfig WithShared(ExpertConfig experts, JsonFields fields) =>
        experts with { SharedWidth = fields.Int("shared_expert_intermediate_size", 1, 1 << 20) ?? 512, SharedGate = true };
}
