using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPT-2: learned positions, LayerNorms and biases everywhere, weights kept by input.</summary>
internal sealed class Gpt2Family : GptFamily
{
    public override string Architecture => "GPT2LMHeadModel";

    public override string ModelType => "gpt2";

    public override int DefaultMaxPositions => 1024;

    public override bool DefaultTied => true;

    public override bool HasRope => false;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if (fields.Bool("add_cross_attention") == true) fields.Problem("add_cross_attention", "is true, but only decoders alone are supported");
        var learned = WithLearnedPositions(shared, fields);
        return learned with
        {
            ScaleByLayer = fields.Bool("scale_attn_by_inverse_layer_idx") == true,
            Names = learned.Names with { ByInput = true },
        };
    }
}
