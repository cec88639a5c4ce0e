using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers;

namespace Furiosa.Gateway.Text.Templates;

/// <summary>Finds the text of a model's chat template.</summary>
internal static class ChatTemplateFiles
{
    private const int Largest = 4 * 1024 * 1024;

    /// <summary>The template, and the one for requests with tools where the model has a separate one; null where it has none.</summary>
    public static (string Default, string? ToolUse)? Find(string modelDirectory, string? overrideFile)
    {
        if (overrideFile != null)
            return (Read(overrideFile), null);
        var file = Path.Combine(modelDirectory, "chat_template.jinja");
        if (File.Exists(file))
            return (Read(file), null);
        return ModelJson.LoadOptional(modelDirectory, "tokenizer_config.json")?.Optional("chat_template") switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } text => (text.Text(), null),
            { ValueKind: JsonValueKind.Array } named => Named(named, modelDirectory),
            _ => throw new ModelTextException($"{Path.Combine(modelDirectory, "tokenizer_config.json")}: chat_template is neither a string nor a list of named templates."),
        };
    }

    private static (string Default, string? ToolUse)? Named(JsonElement templates, string modelDirectory)
    {
        var byName = templates.EnumerateArray()
            .Where(entry => IsText(entry, "name") && IsText(entry, "template"))
            .ToLookup(entry => entry.GetProperty("name").Text(), entry => entry.GetProperty("template").Text(), StringComparer.Ordinal);
        var toolUse = byName["tool_use"].FirstOrDefault();
        var usual = byName["default"].FirstOrDefault() ?? toolUse;
        return usual != null ? (usual, toolUse)
            : throw new ModelTextException($"{Path.Combine(modelDirectory, "tokenizer_config.json")}: chat_template is a list without a template named 'default'.");
    }

    private static bool IsText(JsonElement entry, string key) =>
        entry.ValueKind == JsonValueKind.Object && entry.Optional(key) is { ValueKind: JsonValueKind.String };

    private static string Read(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= Largest ? File.ReadAllText(path) : throw new ModelTextException($"{path}: {length} bytes are more than the {Largest} allowed for a chat template.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelTextException($"{path}: the chat template cannot be read: {error.Message}", error);
        }
    }
}
