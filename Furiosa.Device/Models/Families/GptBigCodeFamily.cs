using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPTBigCode (SantaCoder, StarCoder): GPT-2 with one key head for all, weights kept by output.</summary>
internal sealed class GptBigCodeFamily : GptFamily
{
    public override string Architecture => "GPTBigCodeForCausalLM";

    public override string ModelType => "gpt_bigcode";

    public override int DefaultMaxPositions => 1024;

    public override bool DefaultTied => true;

    public override bool HasRope => false;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var one = fields.Bool("multi_query") ?? true;
        var learned = WithLearnedPositions(shared, fields);
        return learned with
        {
            KvHeadCount = one ? 1 : shared.HeadCount,
            Names = learned.Names with { QkvByHead = !one },
        };
    }
}
