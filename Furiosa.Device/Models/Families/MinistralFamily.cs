using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Ministral (2410): Mistral whose layers each slide or see everything, and may then be rotated in their own way.</summary>
internal sealed class MinistralFamily : ModelFamily
{
    public override string Architecture => "MinistralForCausalLM";

    public override string ModelType => "ministral";

    public override int? DefaultKvHeadCount => 8;

    public override int DefaultMaxPositions => 131072;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var windows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 4096), _ => true);
        return shared with
        {
            SlidingWindows = windows,
            LayerRopes = [.. windows.Select(window => (int?)(window is not null && shared.Ropes.Length > 1 ? RopeConfigReader.Sliding : 0))],
        };
    }
}
