using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Command R7B and A: Command R with three sliding layers to one that sees everything and is not rotated.</summary>
internal sealed class Cohere2Family : ModelFamily
{
    public override string Architecture => "Cohere2ForCausalLM";

    public override string ModelType => "cohere2";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps" };

    public override double DefaultNormEps => 1e-5;

    public override int DefaultMaxPositions => 8192;

    public override bool DefaultTied => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var windows = LayerKinds.Windows(
            fields, shared.LayerCount, LayerKinds.Window(fields, 4096), LayerKinds.AllButEvery(fields, fields.Has("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern", 4));
        return CohereFamily.Parallel(shared, fields) with
        {
            SlidingWindows = windows,
            LayerRopes = [.. windows.Select(window => window is null ? (int?)null : 0)],
        };
    }
}
