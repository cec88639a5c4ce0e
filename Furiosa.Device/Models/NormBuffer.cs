using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>A norm outside the layers, in memory of its own.</summary>
internal sealed unsafe class NormBuffer : IDisposable
{
    private readonly NativeBuffer _values;

    public NormBuffer(NormTensors tensors, ModelConfig config)
    {
        var parts = new List<float[]>();
        LayerShared.Add(parts, tensors, config);
        var width = LayerShared.Padded(config.HiddenSize);
        _values = new NativeBuffer(BytesOf(tensors, config));
        for (var i = 0; i < parts.Count; i++) parts[i].CopyTo(new Span<float>(_values.Floats + i * width, parts[i].Length));
        Norm = new Norm(_values.Floats, parts[1].Length == 0 ? null : _values.Floats + width);
    }

    public Norm Norm { get; }

    public long Bytes => _values.Bytes;

    /// <summary>What one takes.</summary>
    public static long BytesOf(NormTensors tensors, ModelConfig config) => (tensors.Bias is null ? 1 : 2) * LayerShared.Padded(config.HiddenSize) * sizeof(float);

    public void Dispose() => _values.Dispose();
}
