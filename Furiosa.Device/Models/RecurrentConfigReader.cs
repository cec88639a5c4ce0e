using System.Collections.Immutable;
using System.Text.Json;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Reads the fields of layers that keep a state.</summary>
internal static class RecurrentConfigReader
{
    /// <summary>The most elements of a head, a query or a key.</summary>
    private const int MostDim = 1024;

    private const int MostHeads = 4096;

    /// <summary>What Qwen3-Next began: the gated delta rule.</summary>
    /// <param name="fields">The file.</param>
    /// <param name="shared">What has been read of it.</param>
    /// <param name="layers">Which layers keep a state.</param>
    public static RecurrentConfig GatedDelta(JsonFields fields, ModelConfig shared, ImmutableArray<bool> layers)
    {
        const string headsKey = "linear_num_value_heads", groupsKey = "linear_num_key_heads";
        int heads = fields.Int(headsKey, 1, MostHeads) ?? 32, groups = fields.Int(groupsKey, 1, MostHeads) ?? 16;
        RequireSilu(fields, "hidden_act", shared.Activation);
        return new RecurrentConfig(
            RecurrentKind.GatedDelta, layers, heads, fields.Int("linear_value_head_dim", 1, MostDim) ?? 128, Divisor(fields, groupsKey, groups, headsKey, heads),
            fields.Int("linear_key_head_dim", 1, MostDim) ?? 128, ConvLength(fields, "linear_conv_kernel_dim"))
        {
            NormEps = shared.NormEps,
        };
    }

    /// <summary>Mamba 2, by the names that Bamba and Granite give its fields.</summary>
    /// <param name="fields">The file.</param>
    /// <param name="shared">What has been read of it.</param>
    /// <param name="layers">Which layers keep a state.</param>
    public static RecurrentConfig Mamba(JsonFields fields, ModelConfig shared, ImmutableArray<bool> layers)
    {
        const string headsKey = "mamba_n_heads", groupsKey = "mamba_n_groups", dimKey = "mamba_d_head", expandKey = "mamba_expand";
        int heads = fields.Int(headsKey, 1, MostHeads) ?? 128, groups = fields.Int(groupsKey, 1, MostHeads) ?? 1;
        long width = (long)shared.HiddenSize * (fields.Int(expandKey, 1, 64) ?? 2);
        var isAuto = fields.Find(dimKey) is not { } given || (given.ValueKind == JsonValueKind.String && fields.Text(dimKey) == "auto");
        var read = isAuto ? (int)Math.Clamp(width / heads, 1, MostDim) : fields.Int(dimKey, 1, MostDim);
        var dim = read ?? 1;
        if (read is not null && dim * (long)heads != width) fields.Problem(dimKey, $"{(isAuto ? "follows as" : "is")} {dim}, but times {headsKey}, which is {heads}, must be {expandKey} times hidden_size, which is {width}");
        RequireSilu(fields, "hidden_act", shared.Activation);
        return new RecurrentConfig(
            RecurrentKind.StateSpace, layers, heads, dim, Divisor(fields, groupsKey, groups, headsKey, heads), fields.Int("mamba_d_state", 1, MostDim) ?? 256, ConvLength(fields, "mamba_d_conv"))
        {
            ConvBias = fields.Bool("mamba_conv_bias") ?? true,
            Bias = fields.Bool("mamba_proj_bias") ?? false,
            NormEps = shared.NormEps,
            TimeStep = TimeStep(fields, "time_step_limit"),
        };
    }

    /// <summary>Mamba 2 by its own names, or NVIDIA's; heads are normed in the groups that share keys.</summary>
    /// <param name="fields">The file.</param>
    /// <param name="shared">What has been read of it.</param>
    /// <param name="layers">Which layers keep a state.</param>
    /// <param name="keys">What the file calls the fields that differ, and defaults.</param>
    public static RecurrentConfig Grouped(JsonFields fields, ModelConfig shared, ImmutableArray<bool> layers, GroupedKeys keys)
    {
        int heads = fields.Int(keys.Heads, 1, MostHeads) ?? 128, groups = Divisor(fields, keys.Groups, fields.Int(keys.Groups, 1, MostHeads) ?? 8, keys.Heads, heads);
        return new RecurrentConfig(
            RecurrentKind.StateSpace, layers, heads, fields.Int(keys.HeadDim, 1, MostDim) ?? 64, groups, fields.Int(keys.State, 1, MostDim) ?? 128, ConvLength(fields, keys.Conv))
        {
            ConvBias = fields.Bool(keys.ConvBias) ?? true,
            Bias = fields.Bool("use_bias") ?? false,
            NormGroups = groups,
            NormEps = shared.NormEps,
            TimeStep = TimeStep(fields, keys.TimeStep),
        };
    }

    /// <summary>The convolution's nonlinearity is not another one.</summary>
    /// <param name="fields">Takes the problem.</param>
    /// <param name="name">The field that names it.</param>
    /// <param name="activation">What it names.</param>
    public static void RequireSilu(JsonFields fields, string name, Activation activation)
    {
        if (activation != Activation.Silu) fields.Problem(name, $"is \"{fields.Text(name)}\", but only silu is supported where layers keep a state");
    }

    private static int Divisor(JsonFields fields, string key, int value, string ofKey, int of)
    {
        if (of % value == 0) return value;
        fields.Problem(key, $"is {value}, but must divide {ofKey}, which is {of}");
        return 1;
    }

    private static int ConvLength(JsonFields fields, string key) => fields.Int(key, 2, RecurrentConfig.MostConvLength) ?? 4;

    // A newer file has an object for what no number of JSON is; what Python writes for it is made one on reading.
    private static (float Least, float Most) TimeStep(JsonFields fields, string key)
    {
        (float Least, float Most) all = (0, float.PositiveInfinity);
        if (fields.Find(key) is not { } limits) return all;
        if (limits.ValueKind == JsonValueKind.Array && limits.GetArrayLength() == 2 && Limit(limits[0]) is { } least && Limit(limits[1]) is { } most && least >= 0 && most >= least && float.IsFinite(least))
            return (least, most);
        fields.Problem(key, $"is {JsonFields.Show(limits)}, but must be a list of two numbers, the smaller one first and not below zero");
        return all;
    }

    private static float? Limit(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object) return new JsonFields(value, []).Text("__float__") == "Infinity" ? float.PositiveInfinity : null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? (float)number : null;
    }

    /// <summary>What a file calls the fields of <see cref="Grouped"/>.</summary>
    internal sealed record GroupedKeys(string Heads, string HeadDim, string State)
    {
        public string Groups { get; init; } = "n_groups";

        public string Conv { get; init; } = "conv_kernel";

        public string ConvBias { get; init; } = "use_conv_bias";

        public string TimeStep { get; init; } = "time_step_limit";
    }
}
