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
        var window = LayerKinds.Window(fields, DefaultWindow);
        if (fields.Bool("use_sliding_window") != true) window = null;
        var firstSliding = fields.Int("max_window_layers", 0, int.MaxValue) ?? DefaultFirstSlidingLayer;
        return LayerKinds.Windows(fields, layerCount, window, layer => layer >= firstSliding);
    }
}
