using System.Collections.Immutable;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Nemotron-H, Nemotron Nano 2 and 3: each layer is a Mamba 2 block, attention without positions, or a feed-forward block without a gate, dense or of experts.</summary>
internal sealed class NemotronHFamily : ModelFamily
{
    private const string PatternKey = "hybrid_override_pattern", ListKey = "layers_block_type", OlderDim = "attention_head_dim", Dim = "head_dim";

    public override string Architecture => "NemotronHForCausalLM";

    public override string ModelType => "nemotron_h";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_epsilon", Activation = "mlp_hidden_act" };

    public override int? DefaultHeadCount => 32;

    public override int? DefaultKvHeadCount => 8;

    public override int? DefaultVocabSize => 131072;

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override bool HasRope => false;

    public override Activation DefaultActivation => Activation.ReluSquared;

    public override int? DefaultIntermediateSize(int hiddenSize) => 21504;

    public override (int HeadDim, int RotaryDim)? HeadSizes(JsonFields fields)
    {
        var key = fields.Has(Dim) ? Dim : OlderDim;
        var dim = fields.Int(key, 2, 1024) ?? 128;
        if (dim % 2 != 0) fields.Problem(key, $"is {dim}, but must be even");
        return (dim & ~1, 0);
    }

    /// <summary>Newer files list layers and do not count them.</summary>
    public override int? LayersOf(JsonFields fields) => fields.Has(Keys.Layers) || Kinds(fields) is not { Length: >= 1 and <= 4096 } kinds ? null : kinds.Length;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var kinds = Kinds(fields) ?? "";
        if (kinds.Length != shared.LayerCount) fields.Problem(fields.Has(ListKey) ? ListKey : PatternKey, $"has {kinds.Length} entries, but must have one for each of the {shared.LayerCount} layers");
        kinds = kinds.PadRight(shared.LayerCount, '-')[..shared.LayerCount];
        foreach (var name in new[] { "sliding_window", "moe_latent_size" })
        {
            if (fields.Has(name)) fields.Problem(name, "is given, but only null is supported");
        }

        RequireFalse(fields, "mamba_proj_bias");
        if (fields.Text("mamba_hidden_act") is { } activation && activation != "silu") fields.Problem("mamba_hidden_act", $"is \"{activation}\", but only silu is supported");
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = fields.Bool("mlp_bias") ?? false,
            GatedMlp = false,
            Parts = [.. kinds.Select(kind => kind is 'M' or '*' ? LayerParts.Mixing : LayerParts.FeedForward)],
            Recurrent = kinds.Contains('M') ? States(fields, shared, [.. kinds.Select(kind => kind == 'M')]) : null,
            Experts = kinds.Contains('E') ? Routed(fields, [.. kinds.Select(kind => kind == 'E')]) : null,
            Names = TensorNames.Llama with
            {
                Root = "backbone.", Embedding = "embeddings", FinalNorm = "norm_f", AttentionNorm = "norm", MlpNorm = "norm", Recurrent = "mixer.",
                Query = "mixer.q_proj", Key = "mixer.k_proj", Value = "mixer.v_proj", Output = "mixer.o_proj", Up = "mixer.up_proj", Down = "mixer.down_proj",
                Router = "mixer.gate", Corrections = "mixer.gate.e_score_correction_bias", Expert = "mixer.experts.{0}.", SharedExpert = "mixer.shared_experts.",
                ExpertsGateUp = "mixer.experts.up_proj", ExpertsDown = "mixer.experts.down_proj",
            },
        };
    }

    // One letter a layer, as the first files have them. The list counts where a file has both.
    private static string? Kinds(JsonFields fields)
    {
        if (fields.Texts(ListKey) is not { } list)
        {
            var pattern = fields.Text(PatternKey);
            if (pattern?.FirstOrDefault(kind => kind is not ('M' or '*' or '-' or 'E')) is not ('\0' or null) and var other) fields.Problem(PatternKey, $"has '{other}', but must be made of M, *, - and E");
            return pattern;
        }

        if (list.FirstOrDefault(name => KindOf(name) == '?') is { } unknown) fields.Problem(ListKey, $"has \"{unknown}\", but must have linear_attention, full_attention, mlp or moe (in older files mamba or attention)");
        return string.Concat(list.Select(KindOf));
    }

    private static char KindOf(string name) => name switch
    {
        "mamba" or "linear_attention" => 'M',
        "attention" or "full_attention" => '*',
        "mlp" => '-',
        "moe" => 'E',
        _ => '?',
    };

    private static RecurrentConfig States(JsonFields fields, ModelConfig shared, ImmutableArray<bool> layers)
    {
        string Either(string older, string name) => fields.Has(older) ? older : name;
        return RecurrentConfigReader.Grouped(fields, shared, layers, new("mamba_num_heads", "mamba_head_dim", "ssm_state_size")
        {
            Groups = Either("mamba_n_groups", "n_groups"), Conv = Either("mamba_d_conv", "conv_kernel"), ConvBias = Either("mamba_conv_bias", "use_conv_bias"),
            TimeStep = Either("mamba_dt_limit", "time_step_limit"),
        });
    }

    private static ExpertConfig Routed(JsonFields fields, ImmutableArray<bool> layers) =>
        ExpertConfigReader.ReadGrouped(fields, layers.Length, new(8, 2, 7688) { DenseLayers = 0 }) with
        {
            SharedWidth = fields.Int("moe_shared_expert_intermediate_size", 1, 1 << 20) ?? 7688,
            Layers = layers,
        };
}
