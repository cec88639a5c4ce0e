using System.Text.Json;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Loading.Gguf;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Loading;

/// <summary>
/// All tensors of a model by their Hugging Face names, over one safetensors file or several or a GGUF file; quantised weights are
/// dequantised as they are read. Views are valid until the store is disposed.
/// </summary>
internal sealed class TensorStore : IDisposable
{
    /// <summary>The name of the file that holds a whole model.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>The name of the file that says which shard holds which tensor.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    private const int MaxShards = 10_000;

    private readonly List<IWeightFile> _files = [];
    private readonly Dictionary<string, TensorView> _tensors = new(StringComparer.Ordinal);
    private readonly string _directory;

    private TensorStore(string directory) => _directory = directory;

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>The names of those that were read so far.</summary>
    public IEnumerable<string> ReadNames => _tensors.Values.Where(tensor => tensor.WasRead).Select(tensor => tensor.Name);

    /// <summary>The weights of an artifact, packed already; null for other models.</summary>
    public PackedStore? Packed { get; private set; }

    /// <summary>Bytes of all tensors.</summary>
    public long ByteLength => _tensors.Values.Sum(tensor => tensor.ByteLength);

    /// <summary>Opens the weights of a model.</summary>
    /// <param name="directory">A Hugging Face directory, or a GGUF file.</param>
    /// <param name="quantization">How a directory's weights are quantised; null for not at all.</param>
    /// <param name="progress">Called after each file, on the calling thread.</param>
    /// <exception cref="ModelFormatException">A file or tensor is missing, truncated or malformed.</exception>
    public static TensorStore Open(string directory, Action<ShardProgress>? progress = null, QuantizationConfig? quantization = null)
    {
        var store = new TensorStore(directory);
        try
        {
            if (GgufFile.IsGguf(directory)) store.OpenGguf(progress);
            else store.OpenFiles(progress);
            if (File.Exists(Path.Combine(directory, PackedStore.ListFile))) store.OpenPacked(progress);
            // An artifact holds rows, whatever they were made from.
            if (quantization is not null && store.Packed is null) QuantizedTensors.Replace(store._tensors, quantization);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The tensor, or null when the model has none of that name.</returns>
    public TensorView? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Gets a weight tensor of a known shape.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <exception cref="ModelFormatException">It is missing, has another shape, or is not BF16, F16 or F32.</exception>
    public TensorView Get(string name, params ReadOnlySpan<long> shape)
    {
        var wanted = string.Join(", ", shape.ToArray());
        if (Find(name) is not { } tensor)
            throw new ModelFormatException(_directory, $"tensor '{name}'", "is missing", $"the model's configuration calls for it with shape [{wanted}]");
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            throw new ModelFormatException(tensor.File, $"tensor '{name}'", $"has shape [{string.Join(", ", tensor.Shape)}]", $"the model's configuration calls for [{wanted}]");
        if (!tensor.Type.IsWeight())
            throw new ModelFormatException(tensor.File, $"tensor '{name}'", $"has dtype {tensor.Type}", "weights must be BF16, F16 or F32");
        return tensor;
    }

    /// <summary>Refuses to go on where a file was written to since it was opened.</summary>
    /// <exception cref="ModelFormatException">A file has changed.</exception>
    public void EnsureUnchanged()
    {
        foreach (var file in _files) file.EnsureUnchanged();
    }

    /// <summary>Begins to read the files ahead of packing; null for an artifact, which is used where it lies.</summary>
    public ReadAhead? BeginReadAhead() => Packed is null ? new ReadAhead([.. _files.SelectMany(file => file.Packable)]) : null;

    /// <summary>Unmaps all files.</summary>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private void OpenGguf(Action<ShardProgress>? progress)
    {
        var file = GgufFile.Open(_directory, progress);
        // Only the mappings stay: a vocabulary among the metadata is megabytes that nobody asks for any more.
        _files.AddRange(file.Packable);
        GgufTensors.AddTo(file, _tensors);
    }

    private void OpenPacked(Action<ShardProgress>? progress)
    {
        Packed = PackedStore.Open(_directory, _tensors, progress);
        _files.Add(Packed);
    }

    private void OpenFiles(Action<ShardProgress>? progress)
    {
        var index = Path.Combine(_directory, IndexFile);
        var single = Path.Combine(_directory, SingleFile);
        if (File.Exists(single))
        {
            foreach (var tensor in OpenFile(SingleFile, 1, progress).Tensors.Values) _tensors.Add(tensor.Name, tensor);
            return;
        }

        if (!File.Exists(index))
            throw new ModelFormatException(_directory, null, $"holds neither {SingleFile} nor {IndexFile}", "one of them must hold the weights; give a Hugging Face model directory in safetensors form");
        OpenShards(index, ReadWeightMap(index), progress);
    }

    private static Dictionary<string, string> ReadWeightMap(string index)
    {
        var root = JsonDocumentFile.ReadObject(index, JsonDocumentFile.MaxTokenizerBytes);
        if (!root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new ModelFormatException(index, "weight_map", "is missing or not an object", "it must map each tensor's name to its file");
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in map.EnumerateObject())
        {
            var shard = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString()! : "";
            // A name with a path in it could open any file of the machine.
            if (shard.Length is 0 or > 255 || shard != Path.GetFileName(shard) || shard.Contains('\\') || shard is "." or "..")
                throw new ModelFormatException(index, $"weight_map['{item.Name}']", $"is {JsonFields.Show(item.Value)}", "it must be the name of a file in the same directory");
            places[item.Name] = shard;
        }

        return places;
    }

    private void OpenShards(string index, Dictionary<string, string> places, Action<ShardProgress>? progress)
    {
        var shards = places.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (shards.Length is 0 or > MaxShards)
            throw new ModelFormatException(index, "weight_map", $"names {shards.Length} files", $"it must name from 1 to {MaxShards}");
        var missing = shards.Where(shard => !File.Exists(Path.Combine(_directory, shard))).ToArray();
        if (missing.Length > 0)
            throw new ModelFormatException(Path.Combine(_directory, missing[0]), null, "does not exist", $"{IndexFile} names {shards.Length} shards, of which {missing.Length} {(missing.Length == 1 ? "is" : "are")} missing: fetch the model again");

        var opened = shards.ToDictionary(shard => shard, shard => OpenFile(shard, shards.Length, progress), StringComparer.Ordinal);
        foreach (var (name, shard) in places)
        {
            if (!opened[shard].Tensors.TryGetValue(name, out var tensor))
                throw new ModelFormatException(opened[shard].Path, $"tensor '{name}'", "is missing", $"{IndexFile} says that it is in this file");
            _tensors.Add(name, tensor);
        }
    }

    private SafetensorsFile OpenFile(string name, int total, Action<ShardProgress>? progress)
    {
        var file = SafetensorsFile.Open(Path.Combine(_directory, name));
        _files.Add(file);
        progress?.Invoke(new ShardProgress(name, _files.Count, total, file.Tensors.Values.Sum(tensor => tensor.ByteLength)));
        return file;
    }
}
