using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Reads the fields that models with experts share.</summary>
internal static class ExpertConfigReader
{
    private const int MostWidth = 1 << 20;

    public static ExpertConfig Read(JsonFields fields, int layerCount, Defaults defaults)
    {
        var count = fields.Int("num_local_experts", 1, 4096) ?? fields.Int("num_experts", 1, 4096) ?? defaults.DefaultCount;
        var perToken = fields.Int("num_experts_per_tok", 1, 4096) ?? defaults.DefaultPerToken;
        if (perToken > count) fields.Problem("num_experts_per_tok", $"is {perToken}, but there are {count} experts");
        return new ExpertConfig
        {
            Count = count,
            PerToken = Math.Min(perToken, count),
            Width = fields.Int(defaults.WidthKey, 1, MostWidth) ?? defaults.DefaultWidth,
            Normalized = defaults.Normalized || (fields.Bool("norm_topk_prob") ?? false),
            Layers = [.. Sparse(fields, layerCount)],
        };
    }

    /// <summary>
    /// What DeepSeek began and others took over: shared experts as one, dense layers first, and, but for the older ones, sigmoids with a
    /// correction and groups that are ranked by two.
    /// </summary>
    public static ExpertConfig ReadGrouped(JsonFields fields, int layerCount, Grouped defaults)
    {
        var count = fields.Int("n_routed_experts", 1, 4096) ?? fields.Int("num_experts", 1, 4096) ?? defaults.Count;
        var perToken = fields.Int("num_experts_per_tok", 1, 4096) ?? defaults.PerToken;
        var width = fields.Int("moe_intermediate_size", 1, MostWidth) ?? defaults.Width;
        // A null means none.
        var sharedKey = fields.Contains("num_shared_experts") ? "num_shared_experts" : "n_shared_experts";
        var shared = fields.Contains(sharedKey) ? fields.Int(sharedKey, 0, 4096) ?? 0 : defaults.Shared;
        var (groups, kept) = (fields.Int("n_group", 1, 4096) ?? defaults.Groups, fields.Int("topk_group", 1, 4096) ?? defaults.GroupsPerToken);
        if (count % groups != 0) fields.Problem("n_group", $"is {groups}, but must divide the {count} experts");
        else if (kept > groups) fields.Problem("topk_group", $"is {kept}, but there are {groups} groups");
        else if (perToken > count / groups * kept) fields.Problem("num_experts_per_tok", $"is {perToken}, but {kept} of {groups} groups have {count / groups * kept} experts");
        return new ExpertConfig
        {
            Count = count,
            PerToken = Math.Min(perToken, count),
            Width = width,
            SharedWidth = SharedWidth(fields, sharedKey, shared, width),
            Normalized = fields.Bool("norm_topk_prob") ?? defaults.Normalized,
            Scale = (float)(fields.Number("routed_scaling_factor", 1e-6, 1e6) ?? defaults.Scale),
            Groups = groups,
            GroupsPerToken = kept,
            Sigmoid = true,
            Correction = true,
            GroupsByTwo = true,
            Layers = [.. AfterDense(fields, layerCount, defaults.DenseLayers)],
        };
    }

    /// <summary>The width of shared experts, which are computed as one; notes a problem where that is wider than any block may be.</summary>
    /// <param name="fields">Takes the problem.</param>
    /// <param name="key">Names the number of experts.</param>
    /// <param name="count">How many.</param>
    /// <param name="width">The width of each.</param>
    public static int SharedWidth(JsonFields fields, string key, int count, int width)
    {
        if ((long)count * width <= MostWidth) return count * width;
        fields.Problem(key, $"is {count}, but experts of width {width} must be at most {MostWidth} wide together");
        return width;
    }

    private static IEnumerable<bool> AfterDense(JsonFields fields, int layerCount, int standIn)
    {
        if (fields.Texts("mlp_layer_types") is { } types)
        {
            if (types.Count != layerCount) fields.Problem("mlp_layer_types", $"has {types.Count} entries, but must have one for each of the {layerCount} layers");
            return Enumerable.Range(0, layerCount).Select(layer => layer < types.Count && types[layer] == "sparse");
        }

        var (first, every) = (fields.Int("first_k_dense_replace", 0, 4096) ?? standIn, fields.Int("moe_layer_freq", 1, 4096) ?? 1);
        return Enumerable.Range(0, layerCount).Select(layer => layer >= first && layer % every == 0);
    }

    // Qwen: every n-th layer routes, but for those that are listed.
    private static IEnumerable<bool> Sparse(JsonFields fields, int layerCount)
    {
        var every = fields.Int("decoder_sparse_step", 1, 4096) ?? 1;
        var dense = fields.IntOrInts("mlp_only_layers", 0, 4096);
        return Enumerable.Range(0, layerCount).Select(layer => (layer + 1) % every == 0 && !dense.Contains(layer));
    }

    /// <summary>What holds of grouped experts where the file is silent.</summary>
    internal sealed record Grouped(int Count, int PerToken, int Width)
    {
        public int Shared { get; init; } = 1;

        public int Groups { get; init; } = 1;

        public int GroupsPerToken { get; init; } = 1;

        public int DenseLayers { get; init; } = 1;

        public double Scale { get; init; } = 1;

        public bool Normalized { get; init; } = true;
    }

    /// <summary>What holds where the file is silent.</summary>
    internal sealed record Defaults
    {
        public required int DefaultCount { get; init; }

        public required int DefaultPerToken { get; init; }

        public int DefaultWidth { get; init; } = 1;

        public string WidthKey { get; init; } = "moe_intermediate_size";

        /// <summary>Whether the weights always add up to one.</summary>
        public bool Normalized { get; init; }
    }
}
