using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>
/// Mamba 2, Codestral Mamba: nothing but Mamba 2 blocks. Outputs are normed in groups, as its authors' program does it and the models were trained; transformers
/// norms them all together, which is the same where there is one group.
/// </summary>
internal sealed class Mamba2Family : ModelFamily
{
    public override string Architecture => "Mamba2ForCausalLM";

    public override string ModelType => "mamba2";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_epsilon" };

    /// <summary>No layer has them: few and small, so that nothing that counts with them gets large.</summary>
    public override int? DefaultHeadCount => 8;

    public override int? DefaultVocabSize => 32768;

    /// <summary>Files say nothing of it, and nothing but a state is kept of a text, however long.</summary>
    public override int DefaultMaxPositions => 1 << 18;

    public override double DefaultNormEps => 1e-5;

    public override bool HasRope => false;

    public override int? DefaultIntermediateSize(int hiddenSize) => hiddenSize;

    /// <summary>What the file calls so is another head's.</summary>
    public override (int HeadDim, int RotaryDim)? HeadSizes(JsonFields fields) => (16, 0);

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        const string heads = "num_heads";
        if (fields.Bool("rms_norm") == false) fields.Problem("rms_norm", "is false, but only true is supported");
        RecurrentConfigReader.RequireSilu(fields, "hidden_act", shared.Activation);
        var recurrent = RecurrentConfigReader.Grouped(fields, shared, [.. Enumerable.Repeat(true, shared.LayerCount)], new(heads, "head_dim", "state_size"));
        var width = shared.HiddenSize * (fields.Number("expand", 0.01, 64) ?? 2);
        if (recurrent.Width != (long)width) fields.Problem(heads, FormattableString.Invariant($"is {recurrent.HeadCount}, but times head_dim, which is {recurrent.HeadDim}, must be expand times hidden_size, which is {width}"));
        return shared with
        {
            Parts = [.. Enumerable.Repeat(LayerParts.Mixing, shared.LayerCount)],
            Recurrent = recurrent,
            Names = TensorNames.Llama with { Root = "backbone.", Embedding = "embeddings", FinalNorm = "norm_f", AttentionNorm = "norm", Recurrent = "mixer." },
        };
    }
}
