using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>
/// Llama 4 (text): every fourth layer sees everything, is not rotated and has queries that grow; the others rotate neighbouring pairs and
/// see their own chunk. Experts read their input times the sigmoid of its logit, beside a shared one.
/// </summary>
internal sealed class Llama4Family : ModelFamily
{
    public override string Architecture => "Llama4ForCausalLM";

    public override string ModelType => "llama4_text";

    // The dense layers' width; experts have the other one.
    public override ConfigKeys Keys { get; } = new() { IntermediateSize = "intermediate_size_mlp" };

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 500000;

    public override int? DefaultIntermediateSize(int hiddenSize) => 16384;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 16, DefaultPerToken = 1, WidthKey = "intermediate_size", DefaultWidth = 8192 });
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            RotaryInterleaved = true,
            LayerRopes = LayerKinds.Rotated(fields, shared.LayerCount, "no_rope_layer_interval"),
            AttentionChunk = fields.Contains("attention_chunk_size") ? fields.Int("attention_chunk_size", 1, 1 << 24) ?? 0 : 8192,
            QkNorm = fields.Bool("use_qk_norm") ?? true ? QkNorm.Unit : QkNorm.None,
            QueryGrowth = Grows(fields) ? new QueryGrowth(fields.Number("attn_scale", 0, 1e3) ?? 0.1, fields.Int("floor_scale", 1, 1 << 24) ?? 8192, 1, true) : null,
            Experts = experts with { Sigmoid = true, ScalesInput = true, SharedWidth = experts.Width, Layers = [.. Sparse(fields, shared.LayerCount)] },
            Names = new TensorNames
            {
                Router = "feed_forward.router", Gate = "feed_forward.gate_proj", Up = "feed_forward.up_proj", Down = "feed_forward.down_proj",
                Expert = "feed_forward.experts.{0}.", ExpertsGateUp = "feed_forward.experts.gate_up_proj", ExpertsDown = "feed_forward.experts.down_proj",
                ExpertsByInput = true, ExpertsStacked = true, SharedExpert = "feed_forward.shared_expert.",
            },
        };
    }

    // Some files have a number here.
    private static bool Grows(JsonFields fields) => fields.Find("attn_temperature_tuning") is not { } value || value.GetRawText() is not ("false" or "0");

    private static IEnumerable<bool> Sparse(JsonFields fields, int layerCount)
    {
        var every = fields.Int("interleave_moe_layer_step", 1, 4096) ?? 1;
        var listed = fields.Has("moe_layers") ? fields.IntOrInts("moe_layers", 0, 4096) : null;
        return Enumerable.Range(0, layerCount).Select(layer => listed?.Contains(layer) ?? (layer + 1) % every == 0);
    }
}
