using System.Text.Json;
using System.Text.Unicode;

namespace Furiosa.Device.Loading;

/// <summary>Reads the JSON files of a model directory with bounds on size and depth, as plain keys and values.</summary>
public static class JsonDocumentFile
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 64;

    /// <summary>The largest configuration file that is read, in bytes (a real one has a few thousand).</summary>
    public const long MaxConfigBytes = 16L << 20;

    /// <summary>The largest tokenizer file that is read, in bytes (the largest real ones have about 35 million).</summary>
    public const long MaxTokenizerBytes = 256L << 20;

    /// <summary>Reads a file whose root is a JSON object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The largest size accepted.</param>
    /// <returns>The root object; it owns its memory and needs no disposal.</returns>
    /// <exception cref="ModelFormatException">The file is missing, too large, too deep, not UTF-8 JSON, or not an object.</exception>
    public static JsonElement ReadObject(string path, long maxBytes = MaxConfigBytes)
    {
        var bytes = ReadBytes(path, maxBytes);
        var text = bytes.AsMemory();
        if (text.Span.StartsWith("\uFEFF"u8)) text = text[3..];
        return ParseObject(path, maxBytes <= MaxConfigBytes ? PythonNumbers.Replaced(text) : text);
    }

    /// <summary>Parses the text of a JSON object that was read from <paramref name="path"/>.</summary>
    /// <param name="path">The file to name in errors.</param>
    /// <param name="utf8">The text.</param>
    /// <param name="allowDuplicates">Whether a key may come twice (the last one counts).</param>
    internal static JsonElement ParseObject(string path, ReadOnlyMemory<byte> utf8, bool allowDuplicates = true)
    {
        var options = new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = allowDuplicates };
        // The parser checks the text's form only where a value is decoded; everything is checked here, once.
        if (!Utf8.IsValid(utf8.Span)) throw new ModelFormatException(path, null, "is not valid UTF-8", "it must be UTF-8 JSON");
        try
        {
            // Not from a pool, which would keep a large vocabulary's buffers.
            var root = JsonElement.Parse(utf8.Span, options);
            if (root.ValueKind != JsonValueKind.Object)
                throw new ModelFormatException(path, null, $"holds a JSON {root.ValueKind}", "a JSON object is needed");
            if (utf8.Span.IndexOf("\\u"u8) >= 0) DecodeAll(root);
            return root;
        }
        catch (InvalidOperationException error)
        {
            throw new ModelFormatException(path, null, "holds an escape of half a surrogate pair", "every text must be valid Unicode", error);
        }
        catch (JsonException error)
        {
            throw new ModelFormatException(path, null, $"is not valid JSON ({error.Message})", $"it must be UTF-8 JSON nested at most {MaxDepth} deep", error);
        }
    }

    // Escapes such as \ud800 parse, but throw when the text is asked for: every reader would have to expect that.
    private static void DecodeAll(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String) _ = element.GetString();
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) DecodeAll(item);
        }

        if (element.ValueKind != JsonValueKind.Object) return;
        foreach (var property in element.EnumerateObject())
        {
            _ = property.Name;
            DecodeAll(property.Value);
        }
    }

    /// <summary>Reads a whole file of bounded size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The largest size accepted.</param>
    /// <exception cref="ModelFormatException">The file is missing, unreadable or too large.</exception>
    public static byte[] ReadBytes(string path, long maxBytes)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > maxBytes)
                throw new ModelFormatException(path, null, $"has {stream.Length:N0} bytes", $"at most {maxBytes:N0} are accepted");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var missing = error is FileNotFoundException or DirectoryNotFoundException;
            throw new ModelFormatException(path, null, missing ? "does not exist" : $"cannot be read ({error.Message})", "the model directory must hold it and let this user read it", error);
        }
    }
}
