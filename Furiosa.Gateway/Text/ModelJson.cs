using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Text;

/// <summary>Reads a model's small JSON files within bounds.</summary>
internal static class ModelJson
{
    private const int LargestFile = 64 * 1024 * 1024;
    private const int Deepest = 64;

    /// <summary>The object in a file, or null where there is no such file.</summary>
    /// <exception cref="ModelTextException">The file is too large or is not a JSON object.</exception>
    public static JObject? LoadOptional(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        var file = new FileInfo(path);
        if (!file.Exists)
            return null;
        if (file.Length > LargestFile)
            throw new ModelTextException($"{path}: {file.Length} bytes are more than the {LargestFile} allowed for this file.");
        try
        {
            using var reader = new JsonTextReader(file.OpenText()) { MaxDepth = Deepest, DateParseHandling = DateParseHandling.None };
            return JObject.Load(reader);
        }
        catch (JsonException error)
        {
            throw new ModelTextException($"{path}: not a JSON object: {error.Message}", error);
        }
    }
}
