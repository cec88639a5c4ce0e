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
        var rotated = LayerKinds.Rotated(fields, shared.LayerCount, "no_rope_layer_interval");
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = fields.Bool("mlp_bias") ?? false,
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, window, layer => rotated[layer] is null),
            LayerRopes = rotated,
        };
    }
}
