using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Granite 4 without state-space layers (micro, 1B, 350M): Granite 3 with gate and up in one tensor, or with experts beside a shared one; rotated or without positions.</summary>
internal sealed class GraniteHybridFamily : ModelFamily
{
    public override string Architecture => "GraniteMoeHybridForCausalLM";

    public override string ModelType => "granitemoehybrid";

    public override ConfigKeys Keys { get; } = new() { IntermediateSize = "shared_intermediate_size" };

    public override int? DefaultIntermediateSize(int hiddenSize) => 1024;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        foreach (var key in new[] { "layer_types", "layers_block_type" })
        {
            if (fields.Texts(key) is { } kinds && kinds.FirstOrDefault(kind => kind is not ("attention" or "full_attention")) is { } other)
                fields.Problem(key, $"has \"{other}\" layers, but only attention is supported; Granite 4 micro, 1B and 350M without an h in their names have nothing else");
        }

        if (!fields.Has("layer_types") && !fields.Has("layers_block_type")) fields.Problem("layer_types", "is missing, which means state-space layers, but only attention is supported");
        var rotates = fields.Text("position_embedding_type") == "rope";
        var layers = fields.Int("num_local_experts", 0, 4096) is 0
            ? GraniteFamily.Multipliers(shared, fields) with { Names = TensorNames.Llama with { GateUp = "shared_mlp.input_linear", Down = "shared_mlp.output_linear" } }
            : GraniteMoeSharedFamily.WithShared(new GraniteMoeFamily().Complete(shared, fields), shared.IntermediateSize);
        return layers with { LayerRopes = [.. shared.LayerRopes.Select(rope => rotates ? rope : null)] };
    }
}
