using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Mistral: Llama without biases and with one sliding window for all layers (4096 unless the file says otherwise, null for none).</summary>
internal sealed class MistralFamily : ModelFamily
{
    public override string Architecture => "MistralForCausalLM";

    public override string ModelType => "mistral";

    public override int? DefaultKvHeadCount => 8;

    public override int DefaultMaxPositions => 131072;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 4096), _ => true),
    };
}
