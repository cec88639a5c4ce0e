using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Granite with experts: Granite's multipliers; the softmax is over the chosen experts.</summary>
internal class GraniteMoeFamily : ModelFamily
{
    public override string Architecture => "GraniteMoeForCausalLM";

    public override string ModelType => "granitemoe";

    public override double DefaultNormEps => 1e-6;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => GraniteFamily.Multipliers(shared, fields) with
    {
        Experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 8, DefaultPerToken = 2, WidthKey = "intermediate_size", Normalized = true }),
        Names = TensorNames.Llama with
        {
            Router = "block_sparse_moe.router.layer", ExpertsStacked = true,
            ExpertsGateUp = "block_sparse_moe.input_linear.weight", ExpertsDown = "block_sparse_moe.output_linear.weight",
        },
    };
}
