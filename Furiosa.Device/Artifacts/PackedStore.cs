using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Artifacts;

/// <summary>
/// The packed weights of an artifact, mapped read-only: matrices are used where they lie in the file, so that a start reads nothing that
/// is not computed with. Tensors that were packed are known by name, type and shape only.
/// </summary>
internal sealed unsafe class PackedStore : IWeightFile
{
    /// <summary>The list of what is packed.</summary>
    public const string ListFile = "packed.json";

    private const int MostShards = 100_000;
    private const long MostElements = 1L << 44;

    private readonly Dictionary<string, PackedEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<MappedFile> _shards = [];

    private PackedStore(string directory) => Directory = directory;

    /// <summary>The artifact.</summary>
    public string Directory { get; }

    /// <inheritdoc/>
    public IEnumerable<MappedFile> Packable => [];

    /// <summary>Whether it holds compressed weights.</summary>
    public bool HasCompressed => _entries.Values.Any(entry => entry.Form.IsCompressed);

    /// <summary>The name of a shard.</summary>
    public static string ShardName(int index) => string.Create(CultureInfo.InvariantCulture, $"packed-{index + 1:D5}.bin");

    /// <summary>Opens an artifact's packed weights.</summary>
    /// <param name="directory">The artifact.</param>
    /// <param name="tensors">Takes the tensors that are packed.</param>
    /// <param name="progress">Called after each shard.</param>
    /// <exception cref="ModelFormatException">A file is missing, truncated or malformed.</exception>
    public static PackedStore Open(string directory, Dictionary<string, TensorView> tensors, Action<ShardProgress>? progress)
    {
        var store = new PackedStore(directory);
        try
        {
            store.Read(tensors, progress);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>The matrix made of some rows, or null where the artifact has none.</summary>
    /// <param name="sources">The rows.</param>
    /// <param name="firstInput">Their first input.</param>
    /// <param name="wanted">The form that is asked for.</param>
    /// <exception cref="ModelFormatException">It is kept in a form that does not serve.</exception>
    public PackedMatrix? Find(ReadOnlySpan<WeightRows> sources, int firstInput, MatrixForm wanted)
    {
        var key = PackedEntry.KeyOf(sources, firstInput, wanted.ChunkStarts);
        if (!_entries.TryGetValue(key, out var entry)) return null;
        // Products take the form that the model's configuration gives, with nothing between them and memory: the list is not trusted.
        if (!entry.Form.Serves(wanted))
            throw new ModelFormatException(Path.Combine(Directory, ListFile), key, $"is {entry.Form}", $"the model's configuration calls for {wanted}: build the artifact again");
        return new PackedMatrix(entry.Form, _shards[entry.Shard].Pointer + entry.Offset);
    }

    /// <inheritdoc/>
    public void EnsureUnchanged()
    {
        foreach (var shard in _shards) shard.EnsureUnchanged();
    }

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private void Read(Dictionary<string, TensorView> tensors, Action<ShardProgress>? progress)
    {
        var path = Path.Combine(Directory, ListFile);
        var root = JsonDocumentFile.ReadObject(path, JsonDocumentFile.MaxTokenizerBytes);
        var problems = new List<string>();
        var count = new JsonFields(root, problems).RequiredInt("shards", 0, MostShards);
        if (problems.Count > 0) throw new ModelFormatException($"{path}: {string.Join("; ", problems)}");
        for (var shard = 0; shard < count; shard++)
        {
            _shards.Add(MappedFile.Open(Path.Combine(Directory, ShardName(shard)), static _ => true).File);
            progress?.Invoke(new ShardProgress(ShardName(shard), shard + 1, count, _shards[^1].Length));
        }

        foreach (var entry in Entries(path, root, "matrices")) AddMatrix(path, entry);
        foreach (var entry in Entries(path, root, "tensors")) AddTensor(path, entry, tensors);
    }

    private void AddMatrix(string path, JsonProperty item)
    {
        var entry = PackedEntry.Read(path, item.Name, item.Value);
        var bytes = PackedMatrix.BytesOf(entry.Form);
        if (entry.Shard >= _shards.Count || entry.Offset > _shards[entry.Shard].Length - bytes)
            throw new ModelFormatException(path, item.Name, $"takes {bytes:N0} bytes from byte {entry.Offset:N0} of shard {entry.Shard}, which the artifact has not", "a shard is truncated or missing: build the artifact again");
        if (!_entries.TryAdd(item.Name, entry)) throw new ModelFormatException(path, item.Name, "comes twice", "build the artifact again");
    }

    private void AddTensor(string path, JsonProperty item, Dictionary<string, TensorView> tensors)
    {
        var shape = item.Value.TryGetProperty("shape", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= 4
            ? list.EnumerateArray().Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var number) && number is >= 0 and < 1L << 32 ? number : -1).ToImmutableArray() : [];
        var type = item.Value.TryGetProperty("dtype", out var name) && name.ValueKind == JsonValueKind.String && TensorTypes.TryParse(name.GetString()!, out var known) ? known : (TensorType?)null;
        if (shape.IsEmpty || shape.Any(size => size < 0) || !IsCountable(shape) || type is null) throw new ModelFormatException(path, $"tensor '{item.Name}'", "has no usable shape and dtype", "build the artifact again");
        tensors.TryAdd(item.Name, new TensorView(path, item.Name, type.Value, shape, 0, new PackedOnlyRows(path, item.Name)));
    }

    // Sizes that are possible each may have a product that no number holds.
    private static bool IsCountable(ImmutableArray<long> shape)
    {
        var product = (Int128)1;
        foreach (var size in shape)
        {
            product *= size;
            if (product > MostElements) return false;
        }

        return true;
    }

    private static JsonElement.ObjectEnumerator Entries(string path, JsonElement root, string key) =>
        root.TryGetProperty(key, out var items) && items.ValueKind == JsonValueKind.Object
            ? items.EnumerateObject() : throw new ModelFormatException(path, key, "is missing or not an object", "build the artifact again");
}

/// <summary>Rows that an artifact has in packed form alone.</summary>
/// <param name="file">The artifact's list.</param>
/// <param name="name">The tensor.</param>
internal sealed class PackedOnlyRows(string file, string name) : RowDecoder
{
    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination) => throw new ModelFormatException(
        file, $"tensor '{name}'", "is packed for another way to split the model", "serve the artifact with the -tp that it was built with, or build another");
}
