using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>CWM: Llama 3 in which one layer of four sees everything, the first included, and the others slide.</summary>
internal sealed class CwmFamily : ModelFamily
{
    public override string Architecture => "CwmForCausalLM";

    public override string ModelType => "cwm";

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 1e6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        MlpBias = fields.Bool("mlp_bias") ?? false,
        Ropes = fields.Has("rope_parameters") || fields.Has("rope_scaling") ? shared.Ropes : [shared.Ropes[0] with
        {
            Type = RopeType.Llama3, Factor = 16, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalMaxPositions = 8192,
        }],
        SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 8192), layer => layer % 4 != 0),
    };
}
