using System.Collections.Immutable;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// Qwen's sliding windows: none unless <c>use_sliding_window</c> is true; then the layers that <c>layer_types</c> names,
/// or without that list every layer from <c>max_window_layers</c> up.
/// </summary>
internal static class QwenWindows
{
    private const int DefaultWindow = 4096;
    private const int DefaultFirstSlidingLayer = 28;

    public static ImmutableArray<int?> Read(JsonFields fields, int layerCount)
    {
        var used = fields.Bool("use_sliding_window") ?? false;
        var window = fields.Contains("sliding_window") ? fields.Int("sliding_window", 1, 1 << 24) : DefaultWindow;
        if (!used) window = null;
        var firstSliding = fields.Int("max_window_layers", 0, int.MaxValue) ?? DefaultFirstSlidingLayer;
        var windows = new int?[layerCount];
        if (fields.Texts("layer_types") is not { } types)
        {
            for (var layer = firstSliding; layer < layerCount; layer++) windows[layer] = window;
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

    private static int? NoWindow(JsonFields fields, int layer)
    {
        fields.Problem("layer_types", $"says sliding_attention for layer {layer}, but use_sliding_window and sliding_window give no window");
        return null;
    }
}
