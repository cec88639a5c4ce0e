using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Phi-3, 3.5 and 4: queries, keys and values in one tensor, gate and up in another; longrope; part of a head may stay unrotated.</summary>
internal sealed class Phi3Family : ModelFamily
{
    public override string Architecture => "Phi3ForCausalLM";

    public override string ModelType => "phi3";

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override bool HasPartialRotary => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        RequireFalse(fields, "attention_bias");
        return shared with
        {
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, null), _ => true),
            Names = TensorNames.Llama with { Qkv = "self_attn.qkv_proj", GateUp = "mlp.gate_up_proj" },
        };
    }
}
