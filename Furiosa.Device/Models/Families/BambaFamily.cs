using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Bamba: Mamba 2 blocks in most layers, attention whose heads are rotated by half in the others.</summary>
internal sealed class BambaFamily : ModelFamily
{
    public override string Architecture => "BambaForCausalLM";

    public override string ModelType => "bamba";

    public override int? DefaultHeadCount => 32;

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultVocabSize => 128000;

    public override int DefaultMaxPositions => 262144;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultPartialRotary => 0.5;

    public override int? DefaultIntermediateSize(int hiddenSize) => 14336;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        const string attending = "attn_layer_indices", rotated = "attn_rotary_emb";
        var indices = fields.IntOrInts(attending, 0, 4095);
        if (indices.FirstOrDefault(index => index >= shared.LayerCount) is > 0 and var beyond) fields.Problem(attending, $"has {beyond}, but there are {shared.LayerCount} layers");
        // The model itself does not read it: a file that says otherwise was made for another program.
        if (fields.Int(rotated, 2, 1024) is { } given && given != shared.RotaryDim) fields.Problem(rotated, $"is {given}, but only {shared.RotaryDim}, the rotated part of a head, is supported");
        var states = LayerKinds.Recurrent(fields, shared.LayerCount, layer => !indices.Contains(layer));
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = fields.Bool("mlp_bias") ?? false,
            Recurrent = RecurrentConfigReader.Mamba(fields, shared, states),
            LayerRopes = [.. states.Select(keepsState => keepsState ? (int?)null : 0)],
            Names = TensorNames.Llama with
            {
                FinalNorm = "final_layernorm", MlpNorm = "pre_ff_layernorm", Gate = "feed_forward.gate_proj", Up = "feed_forward.up_proj", Down = "feed_forward.down_proj",
            },
        };
    }
}
