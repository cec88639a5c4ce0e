using System.Collections.Immutable;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Which layers have a sliding window, or no attention at all: those that <c>layer_types</c> names, or where the file is silent those of a pattern.</summary>
internal static class LayerKinds
{
    /// <summary>One window a layer.</summary>
    /// <param name="fields">The file.</param>
    /// <param name="layerCount">Layers.</param>
    /// <param name="window">The window; null where there is none, and then no layer may slide.</param>
    /// <param name="slides">Whether a layer slides by the family's own pattern.</param>
    public static ImmutableArray<int?> Windows(JsonFields fields, int layerCount, int? window, Func<int, bool> slides)
    {
        var windows = new int?[layerCount];
        if (fields.Texts("layer_types") is not { } types)
        {
            for (var layer = 0; layer < layerCount; layer++) windows[layer] = slides(layer) ? window : null;
            return [.. windows];
        }

        if (types.Count != layerCount) fields.Problem("layer_types", $"has {types.Count} entries, but must have one for each of the {layerCount} layers");
        for (var layer = 0; layer < Math.Min(types.Count, layerCount); layer++)
        {
            if (types[layer] == "sliding_attention") windows[layer] = window ?? NoWindow(fields, layer);
            else if (types[layer] != "full_attention") fields.Problem("layer_types", $"has \"{types[layer]}\" for layer {layer}, but must have full_attention or sliding_attention");
        }

        return [.. windows];
    }

    /// <summary>The file's window, where a null means none and silence a default.</summary>
    public static int? Window(JsonFields fields, int? standIn) =>
        fields.Contains("sliding_window") ? fields.Int("sliding_window", 1, 1 << 24) : standIn;

    /// <summary>Every n-th layer sees everything, by a field that says n.</summary>
    public static Func<int, bool> AllButEvery(JsonFields fields, string name, int standIn)
    {
        var every = fields.Int(name, 1, 4096) ?? standIn;
        return layer => (layer + 1) % every != 0;
    }

    /// <summary>The rotation of each layer: null for those that <c>no_rope_layers</c> has a 0 for, or else every n-th.</summary>
    public static ImmutableArray<int?> Rotated(JsonFields fields, int layerCount, string interval)
    {
        var every = fields.Int(interval, 1, 4096) ?? 4;
        var layers = Enumerable.Range(0, layerCount).Select(layer => (layer + 1) % every != 0);
        var flags = fields.Find("no_rope_layers") is { ValueKind: System.Text.Json.JsonValueKind.Array } list && list.GetArrayLength() > 0 ? fields.IntOrInts("no_rope_layers", 0, 1) : null;
        if (flags is not null && flags.Count != layerCount) fields.Problem("no_rope_layers", $"has {flags.Count} entries, but must have one for each of the {layerCount} layers");
        else if (flags is not null) layers = flags.Select(flag => flag == 1);
        return [.. layers.Select(rotates => rotates ? 0 : (int?)null)];
    }

    /// <summary>One entry a layer: whether it has a convolution. Older files list the others in <c>full_attn_idxs</c>; where neither is there all attend.</summary>
    public static ImmutableArray<bool> Convolutions(JsonFields fields, int layerCount)
    {
        if (fields.Texts("layer_types") is not { } types)
        {
            var attending = fields.IntOrInts("full_attn_idxs", 0, 4096);
            return [.. Enumerable.Range(0, layerCount).Select(layer => fields.Has("full_attn_idxs") && !attending.Contains(layer))];
        }

        if (types.Count != layerCount) fields.Problem("layer_types", $"has {types.Count} entries, but must have one for each of the {layerCount} layers");
        if (types.FirstOrDefault(type => type is not ("conv" or "full_attention")) is { } other) fields.Problem("layer_types", $"has \"{other}\", but must have conv or full_attention");
        return [.. Enumerable.Range(0, layerCount).Select(layer => layer < types.Count && types[layer] == "conv")];
    }

    /// <summary>One entry a layer: whether it keeps a state, by its name or by the family's own pattern.</summary>
    public static ImmutableArray<bool> Recurrent(JsonFields fields, int layerCount, Func<int, bool> pattern)
    {
        var key = fields.Has("layers_block_type") && !fields.Has("layer_types") ? "layers_block_type" : "layer_types";
        if (fields.Texts(key) is not { } types) return [.. Enumerable.Range(0, layerCount).Select(pattern)];
        if (types.Count != layerCount) fields.Problem(key, $"has {types.Count} entries, but must have one for each of the {layerCount} layers");
        if (types.FirstOrDefault(type => type is not ("linear_attention" or "mamba" or "full_attention" or "attention")) is { } other)
            fields.Problem(key, $"has \"{other}\", but must have linear_attention or full_attention (in older files mamba or attention)");
        return [.. Enumerable.Range(0, layerCount).Select(layer => layer < types.Count && types[layer] is "linear_attention" or "mamba")];
    }

    private static int? NoWindow(JsonFields fields, int layer)
    {
        fields.Problem("layer_types", $"says sliding_attention for layer {layer}, but the file gives no sliding_window");
        return null;
    }
}
