using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Mistral: Llama without biases and with one sliding window for all layers (4096 unless the file says otherwise, null for none).</summary>
internal sealed class MistralFamily : ModelFamily
{
    private const int DefaultWindow = 4096;

    public override string Architecture => "MistralForCausalLM";

    public override string ModelType => "mistral";

    public override int? DefaultKvHeadCount => 8;

    public override int DefaultMaxPositions => 131072;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var window = fields.Contains("sliding_window") ? fields.Int("sliding_window", 1, 1 << 24) : DefaultWindow;
        return shared with { SlidingWindows = [.. Enumerable.Repeat(window, shared.LayerCount)] };
    }
}
