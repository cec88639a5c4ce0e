using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OLMo 3: OLMo 2 with three sliding layers to one that sees everything; only the latter's rotation is stretched.</summary>
internal sealed class Olmo3Family : ModelFamily
{
    public override string Architecture => "Olmo3ForCausalLM";

    public override string ModelType => "olmo3";

    public override double DefaultNormEps => 1e-5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var windows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 4096), layer => (layer + 1) % 4 != 0);
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNorm.Width,
            Norms = new NormConfig { BeforeAttention = false, AfterAttention = true, BeforeMlp = false, AfterMlp = true },
            SlidingWindows = windows,
            Ropes = shared.Ropes.Length > 1 ? shared.Ropes : [shared.Ropes[0], new RopeConfig { Theta = shared.Ropes[0].Theta }],
            LayerRopes = [.. windows.Select(window => (int?)(window is null ? 0 : RopeConfigReader.Sliding))],
        };
    }
}
