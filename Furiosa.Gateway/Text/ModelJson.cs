using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Text.Gguf;

namespace Furiosa.Gateway.Text;

/// <summary>
/// Reads a model's JSON files for the text side of serving, within bounds. A GGUF file counts as a directory whose files are made from
/// its metadata.
/// </summary>
internal static class ModelJson
{
    /// <summary>The object in a file.</summary>
    /// <exception cref="ModelTextException">The file cannot be read, is too large or is not a JSON object.</exception>
    public static JsonElement Load(string path, long maxBytes = JsonDocumentFile.MaxConfigBytes)
    {
        if (GgufText.Owns(path))
            return GgufText.Make(path) ?? throw new ModelTextException($"{path}: a GGUF file holds no such file.");
        try
        {
            return JsonDocumentFile.ReadObject(path, maxBytes);
        }
        catch (ModelFormatException error)
        {
            throw new ModelTextException(error.Message, error);
        }
    }

    /// <summary>The object in a file, or null where there is no such file.</summary>
    /// <exception cref="ModelTextException">The file cannot be read, is too large or is not a JSON object.</exception>
    public static JsonElement? LoadOptional(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        return GgufText.Owns(path) ? GgufText.Make(path) : File.Exists(path) ? Load(path) : null;
    }

    /// <summary>Whether there is such a file.</summary>
    public static bool Exists(string path) => GgufText.Owns(path) ? GgufText.Has(path) : File.Exists(path);
}
