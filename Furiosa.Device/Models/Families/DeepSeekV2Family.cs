using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>DeepSeek V2 and V2.5: latent attention; experts by their shares of the softmax, in V2 itself from the groups of the best.</summary>
internal sealed class DeepSeekV2Family : LatentFamily
{
    public override string Architecture => "DeepseekV2ForCausalLM";

    public override string ModelType => "deepseek_v2";

    protected override (int? QueryRank, int KeyRank, int Plain, int Rotated, int Value) DefaultSizes => (1536, 512, 128, 64, 128);

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        RequireFalse(fields, "norm_topk_prob");
        if (fields.Bool("use_mla") == false) fields.Problem("use_mla", "is false, but only latent attention is supported");
        var method = fields.Text("topk_method") ?? "greedy";
        if (method is not ("greedy" or "group_limited_greedy")) fields.Problem("topk_method", $"is \"{method}\", but must be greedy or group_limited_greedy");
        var experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(64, 6, 1407) { Shared = 2, DenseLayers = 0, Normalized = false });
        var latent = WithLatent(shared, fields);
        return latent with
        {
            Experts = experts with
            {
                Sigmoid = false, Correction = false, GroupsByTwo = false,
                Groups = method == "greedy" ? 1 : experts.Groups, GroupsPerToken = method == "greedy" ? 1 : experts.GroupsPerToken,
            },
            Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
        };
    }
}
