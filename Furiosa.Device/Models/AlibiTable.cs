using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>What attention with linear biases adds to the score of each key position, head by head: made once, since it depends on nothing else.</summary>
internal sealed unsafe class AlibiTable : IDisposable
{
    private readonly NativeBuffer _biases;
    private readonly nint _stride;

    /// <param name="config">The slopes.</param>
    /// <param name="heads">Query heads of the whole model.</param>
    /// <param name="positions">The longest sequence.</param>
    public AlibiTable(AlibiConfig config, int heads, int positions)
    {
        _stride = LayerShared.Padded(positions);
        _biases = new NativeBuffer(heads * (long)_stride * sizeof(float));
        var slopes = config.Slopes(heads);
        for (var head = 0; head < heads; head++)
        {
            var slope = Rounded(config, slopes[head]);
            for (nint p = 0; p < _stride; p++) Row(head)[p] = Rounded(config, slope * p) * config.Scale;
        }
    }

    /// <summary>One float a position, in whole blocks.</summary>
    /// <param name="head">The query head, counted over the whole model.</param>
    public float* Row(int head) => _biases.Floats + head * _stride;

    public void Dispose() => _biases.Dispose();

    private static float Rounded(AlibiConfig config, float value) => config.Rounded ? PanelPacker.WidenedBf16(value) : value;
}
