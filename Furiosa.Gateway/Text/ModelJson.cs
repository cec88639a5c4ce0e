using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Gateway.Text;

/// <summary>Reads a model's JSON files for the text side of serving, within bounds.</summary>
internal static class ModelJson
{
    /// <summary>The object in a file.</summary>
    /// <exception cref="ModelTextException">The file cannot be read, is too large or is not a JSON object.</exception>
    public static JsonElement Load(string path, long maxBytes = JsonDocumentFile.MaxConfigBytes)
    {
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
        return File.Exists(path) ? Load(path) : null;
    }
}
