using System.Text.Json;

namespace Furiosa.Device.Loading;

/// <summary>A model in Hugging Face's directory form. Opening it reads nothing but the directory's existence.</summary>
public sealed class ModelDirectory
{
    /// <summary>The name of the file with the architecture and its sizes.</summary>
    public const string ConfigFile = "config.json";

    private ModelDirectory(string path) => Path = path;

    /// <summary>The directory as it was given.</summary>
    public string Path { get; }

    /// <summary>The directory's own name, the model's name where no other is given.</summary>
    public string Name => new DirectoryInfo(Path).Name;

    /// <summary>Opens a directory.</summary>
    /// <param name="path">The directory, which must hold <c>config.json</c>.</param>
    /// <exception cref="ModelFormatException">It does not exist or holds no <c>config.json</c>.</exception>
    public static ModelDirectory Open(string path)
    {
        if (!Directory.Exists(path))
            throw new ModelFormatException(path, null, File.Exists(path) ? "is a file" : "does not exist", "give the directory of a Hugging Face model");
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
    public bool Has(string file) => File.Exists(PathOf(file));

    /// <summary>Reads a JSON object file as plain keys and values.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="maxBytes">The largest size accepted.</param>
    /// <exception cref="ModelFormatException">It is missing, too large, too deep or not a JSON object.</exception>
    public JsonElement ReadJson(string file, long maxBytes = JsonDocumentFile.MaxConfigBytes) => JsonDocumentFile.ReadObject(PathOf(file), maxBytes);

    /// <summary>Opens the weights.</summary>
    /// <param name="progress">Called after each file.</param>
    /// <exception cref="ModelFormatException">A file is missing, truncated or malformed.</exception>
    internal TensorStore OpenTensors(Action<ShardProgress>? progress = null) => TensorStore.Open(Path, progress);
}
