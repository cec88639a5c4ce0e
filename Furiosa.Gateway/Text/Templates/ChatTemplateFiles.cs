using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers;

namespace Furiosa.Gateway.Text.Templates;

/// <summary>Finds the text of a model's chat template.</summary>
internal static class ChatTemplateFiles
{
    private const int Largest = 4 * 1024 * 1024;
    private const string Key = "chat_template";

    // Where named templates lie beside the model's own: today's place, and an older one.
    private static readonly string[] Folders = ["additional_chat_templates", "chat_templates"];

    /// <summary>The template, and the one for requests with tools where the model has a separate one; null where it has none.</summary>
    public static (string Default, string? ToolUse)? Find(string modelDirectory, string? overrideFile)
    {
        if (overrideFile != null)
            return (Read(overrideFile), null);
        var own = ReadOptional(Path.Combine(modelDirectory, "chat_template.jinja"));
        var toolUse = FromFolders(modelDirectory, "tool_use");
        if ((own ?? FromFolders(modelDirectory, "default") ?? toolUse) is { } found)
            return (found, toolUse);
        return FromJson(modelDirectory, "tokenizer_config.json") ?? FromJson(modelDirectory, "chat_template.json");
    }

    private static string? FromFolders(string modelDirectory, string name) =>
        Folders.Select(folder => ReadOptional(Path.Combine(modelDirectory, folder, name + ".jinja"))).FirstOrDefault(text => text != null);

    private static (string Default, string? ToolUse)? FromJson(string modelDirectory, string file) => ModelJson.LoadOptional(modelDirectory, file)?.Optional(Key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => (text.Text(), null),
        { ValueKind: JsonValueKind.Array } named => Named(named, Path.Combine(modelDirectory, file)),
        { ValueKind: JsonValueKind.Object } byName => Pick(byName.EnumerateObject().Where(entry => entry.Value.ValueKind == JsonValueKind.String)
            .ToLookup(entry => entry.Name, entry => entry.Value.Text(), StringComparer.Ordinal), Path.Combine(modelDirectory, file)),
        _ => throw new ModelTextException($"{Path.Combine(modelDirectory, file)}: chat_template is neither a string nor a list of named templates."),
    };

    private static (string Default, string? ToolUse)? Named(JsonElement templates, string file) => Pick(
        templates.EnumerateArray()
            .Where(entry => IsText(entry, "name") && IsText(entry, "template"))
            .ToLookup(entry => entry.GetProperty("name").Text(), entry => entry.GetProperty("template").Text(), StringComparer.Ordinal),
        file);

    private static (string Default, string? ToolUse)? Pick(ILookup<string, string> byName, string file)
    {
        var toolUse = byName["tool_use"].FirstOrDefault();
        var usual = byName["default"].FirstOrDefault() ?? toolUse;
        return usual != null ? (usual, toolUse) : throw new ModelTextException($"{file}: chat_template is a list without a template named 'default'.");
    }

    private static bool IsText(JsonElement entry, string key) =>
        entry.ValueKind == JsonValueKind.Object && entry.Optional(key) is { ValueKind: JsonValueKind.String };

    private static string? ReadOptional(string path) => File.Exists(path) ? Read(path) : null;

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
