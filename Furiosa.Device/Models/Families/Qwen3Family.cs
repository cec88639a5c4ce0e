using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen3 (dense): queries and keys are normed per head; biases, where there are any, on all four attention projections.</summary>
internal sealed class Qwen3Family : ModelFamily
{
    public override string Architecture => "Qwen3ForCausalLM";

    public override string ModelType => "qwen3";

    public override int? DefaultKvHeadCount => 32;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 32768;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNorm.Head,
            SlidingWindows = QwenWindows.Read(fields, shared.LayerCount),
        };
    }
}
