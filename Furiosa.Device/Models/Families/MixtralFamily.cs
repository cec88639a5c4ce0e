using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Mixtral: Mistral with experts as wide as the dense block would be, the weights of the chosen ones made to add up to one.</summary>
internal sealed class MixtralFamily : ModelFamily
{
    public override string Architecture => "MixtralForCausalLM";

    public override string ModelType => "mixtral";

    public override int? DefaultKvHeadCount => 8;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 1e6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, null), _ => true),
        Experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 8, DefaultPerToken = 2, WidthKey = "intermediate_size", Normalized = true }),
        Names = TensorNames.Llama with
        {
            Router = "block_sparse_moe.gate", Expert = "block_sparse_moe.experts.{0}.", ExpertGate = "w1", ExpertUp = "w3", ExpertDown = "w2",
        },
    };
}
