using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Reads the fields that models with experts share.</summary>
internal static class ExpertConfigReader
{
    public static ExpertConfig Read(JsonFields fields, int layerCount, Defaults defaults)
    {
        var count = fields.Int("num_local_experts", 1, 4096) ?? fields.Int("num_experts", 1, 4096) ?? defaults.DefaultCount;
        var perToken = fields.Int("num_experts_per_tok", 1, 4096) ?? defaults.DefaultPerToken;
        if (perToken > count) fields.Problem("num_experts_per_tok", $"is {perToken}, but there are {count} experts");
        return new ExpertConfig
        {
            Count = count,
            PerToken = Math.Min(perToken, count),
            Width = fields.Int(defaults.WidthKey, 1, 1 << 20) ?? defaults.DefaultWidth,
            Normalized = defaults.Normalized || (fields.Bool("norm_topk_prob") ?? false),
            Layers = [.. Sparse(fields, layerCount)],
        };
    }

    // Qwen: every n-th layer routes, but for those that are listed.
    private static IEnumerable<bool> Sparse(JsonFields fields, int layerCount)
    {
        var every = fields.Int("decoder_sparse_step", 1, 4096) ?? 1;
        var dense = fields.IntOrInts("mlp_only_layers", 0, 4096);
        return Enumerable.Range(0, layerCount).Select(layer => (layer + 1) % every == 0 && !dense.Contains(layer));
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
