using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Youtu-LLM: DeepSeek V3's attention with a dense block.</summary>
internal sealed class YoutuFamily : LatentFamily
{
    public override string Architecture => "YoutuForCausalLM";

    public override string ModelType => "youtu";

    public override int DefaultMaxPositions => 131072;

    public override bool DefaultTied => true;

    protected override (int? QueryRank, int KeyRank, int Plain, int Rotated, int Value) DefaultSizes => (1536, 512, 128, 64, 128);

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => WithLatent(shared, fields);
}
