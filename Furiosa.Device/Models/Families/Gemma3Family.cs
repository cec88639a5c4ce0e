using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Gemma 3 (text): Gemma 2 with normed queries and keys, five sliding layers to one that sees everything, and a rotation for each kind.</summary>
internal sealed class Gemma3Family : ModelFamily
{
    public override string Architecture => "Gemma3ForCausalLM";

    public override string ModelType => "gemma3_text";

    public override ConfigKeys Keys { get; } = new() { Activation = "hidden_activation" };

    // Files of the models that see images leave these out.
    public override int? DefaultHeadCount => 8;

    public override int? DefaultVocabSize => 262208;

    public override int? DefaultKvHeadCount => 4;

    public override int? DefaultHeadDim => 256;

    public override int DefaultMaxPositions => 131072;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override double DefaultTheta => 1e6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var windows = LayerKinds.Windows(
            fields, shared.LayerCount, LayerKinds.Window(fields, 4096), LayerKinds.AllButEvery(fields, fields.Has("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern", 6));
        var local = new RopeConfig { Theta = fields.Number("rope_local_base_freq", 1, 1e12) ?? 10000 };
        return Gemma2Family.Sandwich(shared, fields) with
        {
            QkNorm = QkNorm.Head,
            AttentionSoftCap = Gemma2Family.Cap(fields, "attn_logit_softcapping", 0),
            LogitSoftCap = Gemma2Family.Cap(fields, "final_logit_softcapping", 0),
            SlidingWindows = windows,
            Ropes = shared.Ropes.Length > 1 ? shared.Ropes : [shared.Ropes[0], local],
            LayerRopes = [.. windows.Select(window => (int?)(window is null ? 0 : RopeConfigReader.Sliding))],
        };
    }
}
