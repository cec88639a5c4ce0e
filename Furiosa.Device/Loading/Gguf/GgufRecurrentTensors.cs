namespace Furiosa.Device.Loading.Gguf;

/// <summary>
/// Tensors of layers that keep a state, by the names that a model's own form has. Where a group has several value heads the converter of Qwen3.5 puts
/// all groups' first ones before all second ones; here they stand group by group again.
/// </summary>
internal static class GgufRecurrentTensors
{
    private static readonly Dictionary<string, string> Parts = new()
    {
        ["ssm_in"] = "in_proj", ["attn_qkv"] = "in_proj_qkv", ["attn_gate"] = "in_proj_z", ["ssm_ba"] = "in_proj_ba", ["ssm_alpha"] = "in_proj_a", ["ssm_beta"] = "in_proj_b",
        ["ssm_conv1d"] = "conv1d", ["ssm_dt"] = "dt_bias", ["ssm_a"] = "A", ["ssm_d"] = "D", ["ssm_norm"] = "norm", ["ssm_out"] = "out_proj",
    };

    /// <summary>The tensor by its own name and in its own order; null where it is none of these.</summary>
    /// <param name="file">The model.</param>
    /// <param name="family">The model's family, which has such layers.</param>
    /// <param name="part">GGUF's name of the part.</param>
    /// <param name="suffix">What follows it.</param>
    /// <param name="tensor">The tensor.</param>
    public static (string Name, TensorView Tensor)? Find(GgufFile file, GgufFamily family, string part, string suffix, TensorView tensor)
    {
        // In other families those are attention's.
        if (!Parts.TryGetValue(part, out var name) || (family.OrdersValueHeads is null && part.StartsWith("attn_", StringComparison.Ordinal))) return null;
        // The first files of Qwen3-Next have queries, keys, values and gates as the model itself does.
        if (part == "ssm_in" && family.OrdersValueHeads is not null) name = "in_proj_qkvz";
        if (part != "ssm_dt") name += suffix;
        return (family.Recurrent + name, family.OrdersValueHeads == true ? InGroups(Sizes.Of(file, family), part, tensor) : tensor);
    }

    private static TensorView InGroups(Sizes sizes, string part, TensorView tensor)
    {
        if (sizes.Heads == sizes.Groups) return tensor;
        return part switch
        {
            "attn_qkv" or "ssm_conv1d" => Rows(2 * sizes.Groups * sizes.State, sizes.HeadDim),
            "attn_gate" => Rows(0, sizes.HeadDim),
            "ssm_alpha" or "ssm_beta" or "ssm_a" or "ssm_dt" => Rows(0, 1),
            "ssm_out" => Columns(),
            _ => tensor,
        };

        TensorView Rows(long first, long each)
        {
            if (tensor.Shape.Length == 0 || tensor.Shape[0] != first + sizes.Heads * each) throw Fault();
            return GgufTensors.Reordered(tensor, row => row < first ? row : first + sizes.Stored((row - first) / each) * each + (row - first) % each);
        }

        TensorView Columns()
        {
            if (tensor.Shape.Length != 2 || tensor.Shape[1] != sizes.Heads * sizes.HeadDim) throw Fault();
            return MappedColumns.Of(tensor, checked((int)sizes.HeadDim), sizes.Stored);
        }

        ModelFormatException Fault() => new(
            tensor.File, $"tensor '{tensor.Name}'", $"has shape [{string.Join(", ", tensor.Shape)}] for {sizes.Heads} heads of {sizes.HeadDim} in {sizes.Groups} groups", "each head must have its part of it");
    }

    /// <summary>The sizes that the file gives.</summary>
    private sealed record Sizes(long Heads, long Groups, long State, long HeadDim)
    {
        public static Sizes Of(GgufFile file, GgufFamily family)
        {
            long Value(string key, long most) => file.Metadata.Integer($"{family.Name}.ssm.{key}") is { } value && value >= 1 && value <= most
                ? value : throw file.Metadata.Fault($"{family.Name}.ssm.{key}", "is missing or out of range", $"it must be from 1 to {most:N0}");
            long heads = Value("time_step_rank", 4096), groups = Value("group_count", 4096), width = Value("inner_size", 1 << 22);
            return heads % groups == 0 && width % heads == 0
                ? new Sizes(heads, groups, Value("state_size", 1024), width / heads)
                : throw file.Metadata.Fault($"{family.Name}.ssm.time_step_rank", $"is {heads} for {groups} groups and a width of {width}", "it must be a multiple of the one and divide the other");
        }

        /// <summary>Which of the stored heads a head is.</summary>
        public long Stored(long head) => head % (Heads / Groups) * Groups + head / (Heads / Groups);
    }
}
