using System.Runtime.InteropServices;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading.Quantized;

/// <summary>A checkpoint of one quantised matrix with its config.json, opened as a model's weights are.</summary>
internal sealed class QuantizedCheckpoint : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<(string Name, string Type, long[] Shape, byte[] Data)> _tensors = [];

    public QuantizedCheckpoint(string quantization) =>
        _directory.Write("config.json", $$"""{"architectures":["LlamaForCausalLM"],"quantization_config":{{quantization}}}""");

    public string Path => _directory.Path;

    public QuantizedCheckpoint Add<T>(string name, string type, long[] shape, T[] values) where T : unmanaged
    {
        _tensors.Add((name, type, shape, MemoryMarshal.AsBytes<T>(values).ToArray()));
        return this;
    }

    public QuantizedCheckpoint Floats(string name, long[] shape, float[] values) => Add(name, "F32", shape, values);

    public QuantizedCheckpoint Halves(string name, long[] shape, float[] values) => Add(name, "F16", shape, Array.ConvertAll(values, value => (Half)value));

    /// <summary>The matrix <c>m.weight</c>.</summary>
    public float[] Read(string name = "m.weight", params long[] shape)
    {
        Write();
        using var store = ModelDirectory.Open(_directory.Path).OpenTensors();
        return (shape.Length == 0 ? store.Find(name)! : store.Get(name, shape)).ReadAll();
    }

    public string Write() => _directory.Write("model.safetensors", SafetensorsWriter.Write([.. _tensors]));

    public void Dispose() => _directory.Dispose();
}
