using System.Text.Json;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Loading.Gguf;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Loading;

/// <summary>
/// A model in Hugging Face's directory form, of which opening reads nothing but its existence, or a GGUF file, which counts as a
/// directory whose <c>config.json</c> and <c>generation_config.json</c> are made from its metadata.
/// </summary>
public sealed class ModelDirectory
{
    /// <summary>The name of the file with the architecture and its sizes.</summary>
    public const string ConfigFile = "config.json";

    private readonly Dictionary<string, JsonElement> _made = new(StringComparer.Ordinal);

    private ModelDirectory(string path) => Path = path;

    /// <summary>The directory or GGUF file as it was given.</summary>
    public string Path { get; }

    /// <summary>The directory's own name, the model's name where no other is given.</summary>
    public string Name => new DirectoryInfo(Path).Name;

    /// <summary>The metadata of a GGUF file; null for a directory.</summary>
    public GgufMetadata? Gguf { get; private init; }

    /// <summary>Opens a model.</summary>
    /// <param name="path">A directory, which must hold <c>config.json</c>, or a GGUF file.</param>
    /// <exception cref="ModelFormatException">It does not exist, holds no <c>config.json</c>, or is a GGUF file that cannot be used.</exception>
    public static ModelDirectory Open(string path)
    {
        if (GgufFile.IsGguf(path)) return OpenGguf(path);
        ArtifactManifest.RefuseForeign(path);
        if (!Directory.Exists(path))
            throw new ModelFormatException(path, null, File.Exists(path) ? "is a file" : "does not exist", "give the directory of a Hugging Face model or a .gguf file");
        var directory = new ModelDirectory(path);
        if (!directory.Has(ConfigFile))
            throw new ModelFormatException(path, null, $"holds no {ConfigFile}", "give the directory of a Hugging Face model");
        return directory;
    }

    /// <summary>The path of a file in the directory.</summary>
    /// <param name="file">The file's name.</param>
    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Whether the directory holds the file.</summary>
    /// <param name="file">The file's name.</param>
    public bool Has(string file) => _made.ContainsKey(file) || File.Exists(PathOf(file));

    /// <summary>Reads a JSON object file as plain keys and values.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="maxBytes">The largest size accepted.</param>
    /// <exception cref="ModelFormatException">It is missing, too large, too deep or not a JSON object.</exception>
    public JsonElement ReadJson(string file, long maxBytes = JsonDocumentFile.MaxConfigBytes) =>
        _made.TryGetValue(file, out var made) ? made : JsonDocumentFile.ReadObject(PathOf(file), maxBytes);

    /// <summary>Opens the weights.</summary>
    /// <param name="progress">Called after each file.</param>
    /// <exception cref="ModelFormatException">A file is missing, truncated or malformed.</exception>
    internal TensorStore OpenTensors(Action<ShardProgress>? progress = null) => TensorStore.Open(Path, progress, Gguf is null ? ReadQuantization() : null);

    private static ModelDirectory OpenGguf(string path)
    {
        using var file = GgufFile.Open(path);
        var directory = new ModelDirectory(path) { Gguf = file.Metadata };
        directory._made.Add(ConfigFile, GgufConfig.Make(file));
        directory._made.Add(GenerationConfig.FileName, GgufGeneration.Make(file.Metadata));
        return directory;
    }

    /// <summary>How the weights are quantised.</summary>
    /// <exception cref="ModelFormatException">In a way that is not supported.</exception>
    internal QuantizationConfig ReadQuantization()
    {
        var problems = new List<string>();
        var config = QuantizationConfig.Read(new JsonFields(ReadJson(ConfigFile), problems));
        return problems.Count == 0 ? config : throw new ModelFormatException($"{PathOf(ConfigFile)}: {string.Join("; ", problems)}");
    }
}
