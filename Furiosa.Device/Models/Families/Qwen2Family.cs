using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen2 and 2.5: biases on query, key and value but not on the output, with no flag in the file for it; the upper layers may slide.</summary>
internal sealed class Qwen2Family : ModelFamily
{
    public override string Architecture => "Qwen2ForCausalLM";

    public override string ModelType => "qwen2";

    public override int? DefaultKvHeadCount => 32;

    public override int DefaultMaxPositions => 32768;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = true,
        SlidingWindows = QwenWindows.Read(fields, shared.LayerCount),
    };
}
