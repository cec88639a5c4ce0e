using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>CodeGen: GPT-J whose queries, values and keys, in this order, are fused in four blocks of a quarter of the heads.</summary>
internal sealed class CodeGenFamily : GptJFamily
{
    private const int Blocks = 4;

    public override string Architecture => "CodeGenForCausalLM";

    public override string ModelType => "codegen";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if (shared.HeadCount % Blocks != 0) fields.Problem(Keys.Heads, $"is {shared.HeadCount}, but must be a multiple of {Blocks}");
        var config = base.Complete(shared, fields);
        return config with { Names = config.Names with { Qkv = "attn.qkv_proj", QueryValueKeyBlocks = Blocks } };
    }
}
