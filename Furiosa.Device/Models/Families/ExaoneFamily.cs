using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>EXAONE 3 and 3.5: Llama in GPT-2's words.</summary>
internal sealed class ExaoneFamily : ModelFamily
{
    public override string Architecture => "ExaoneForCausalLM";

    public override string ModelType => "exaone";

    public override ConfigKeys Keys { get; } = new() { Layers = "num_layers", NormEps = "layer_norm_epsilon", Activation = "activation_function" };

    public override bool DefaultTied => true;

    public override double DefaultNormEps => 1e-5;

    public override int? DefaultIntermediateSize(int hiddenSize) => 4 * hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        Names = new TensorNames
        {
            Root = "transformer.", Embedding = "wte", FinalNorm = "ln_f", Layer = "h.{0}.", AttentionNorm = "ln_1", MlpNorm = "ln_2",
            Query = "attn.attention.q_proj", Key = "attn.attention.k_proj", Value = "attn.attention.v_proj", Output = "attn.attention.out_proj",
            Gate = "mlp.c_fc_0", Up = "mlp.c_fc_1", Down = "mlp.c_proj",
        },
    };
}
