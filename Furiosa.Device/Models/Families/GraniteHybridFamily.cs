using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>
/// Granite 4: Granite 3 with gate and up in one tensor, or with experts beside a shared one; rotated or without positions. Where a name has an h (tiny, small),
/// most layers have a Mamba 2 block instead of attention.
/// </summary>
internal sealed class GraniteHybridFamily : ModelFamily
{
    public override string Architecture => "GraniteMoeHybridForCausalLM";

    public override string ModelType => "granitemoehybrid";

    public override ConfigKeys Keys { get; } = new() { IntermediateSize = "shared_intermediate_size" };

    public override int? DefaultIntermediateSize(int hiddenSize) => 1024;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var states = LayerKinds.Recurrent(fields, shared.LayerCount, _ => true);
        var rotates = fields.Text("position_embedding_type") == "rope";
        var layers = fields.Int("num_local_experts", 0, 4096) is 0
            ? GraniteFamily.Multipliers(shared, fields) with { Names = TensorNames.Llama with { GateUp = "shared_mlp.input_linear", Down = "shared_mlp.output_linear" } }
            : GraniteMoeSharedFamily.WithShared(new GraniteMoeFamily().Complete(shared, fields), shared.IntermediateSize);
        return layers with
        {
            Recurrent = states.Contains(true) ? RecurrentConfigReader.Mamba(fields, shared, states) : null,
            LayerRopes = [.. shared.LayerRopes.Select((rope, layer) => rotates && !states[layer] ? rope : null)],
        };
    }
}
