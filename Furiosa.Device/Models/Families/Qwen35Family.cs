using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen3.5 and its text part: Qwen3-Next with a dense block, and with tensors that are not interleaved.</summary>
internal sealed class Qwen35Family : Qwen3NextFamily
{
    public override string Architecture => "Qwen3_5ForCausalLM";

    public override string ModelType => "qwen3_5_text";

    public override int? DefaultKvHeadCount => 4;

    public override int? DefaultVocabSize => 248320;

    public override int? DefaultIntermediateSize(int hiddenSize) => 12288;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => Mixed(shared, fields);
}
