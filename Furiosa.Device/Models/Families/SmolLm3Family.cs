using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>SmolLM3: Llama in which every fourth layer is not rotated.</summary>
internal sealed class SmolLm3Family : ModelFamily
{
    public override string Architecture => "SmolLM3ForCausalLM";

    public override string ModelType => "smollm3";

    public override int? DefaultKvHeadCount => 4;

    public override int DefaultMaxPositions => 32768;

    public override bool DefaultTied => true;

    public override double DefaultTheta => 2e6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var window = fields.Bool("use_sliding_window") == true ? LayerKinds.Window(fields, null) : null;
        var rotated = Rotated(fields, shared.LayerCount);
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = fields.Bool("mlp_bias") ?? false,
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, window, layer => !rotated[layer]),
            LayerRopes = [.. rotated.Select(rotates => rotates ? 0 : (int?)null)],
        };
    }

    private static bool[] Rotated(JsonFields fields, int layerCount)
    {
        var every = fields.Int("no_rope_layer_interval", 1, 4096) ?? 4;
        if (!fields.Has("no_rope_layers")) return [.. Enumerable.Range(0, layerCount).Select(layer => (layer + 1) % every != 0)];
        var flags = fields.IntOrInts("no_rope_layers", 0, 1);
        if (flags.Count == layerCount) return [.. flags.Select(flag => flag == 1)];
        fields.Problem("no_rope_layers", $"has {flags.Count} entries, but must have one for each of the {layerCount} layers");
        return new bool[layerCount];
    }
}
