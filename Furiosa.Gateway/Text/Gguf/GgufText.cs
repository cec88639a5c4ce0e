using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Loading;

namespace Furiosa.Gateway.Text.Gguf;

/// <summary>
/// The text files of a GGUF model, made from its metadata in the form that Hugging Face's have: a path such as
/// <c>model.gguf/tokenizer.json</c> names one.
/// </summary>
internal static class GgufText
{
    private const string Prefix = "tokenizer.ggml.";

    private static readonly (string Role, string Name)[] Roles =
        [("bos", "bos_token"), ("eos", "eos_token"), ("unknown", "unk_token"), ("padding", "pad_token")];

    /// <summary>Whether a path names a file inside a GGUF model.</summary>
    public static bool Owns(string path) => Path.GetDirectoryName(path) is { Length: > 0 } model && model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && File.Exists(model);

    /// <summary>Whether a GGUF model has the file that the path names.</summary>
    public static bool Has(string path) => Path.GetFileName(path) is "tokenizer.json" or "tokenizer_config.json";

    /// <summary>The file that the path names, or null where a GGUF model has none of that name.</summary>
    /// <exception cref="ModelTextException">The metadata lack something or hold something that is not supported.</exception>
    public static JsonElement? Make(string path)
    {
        var model = Path.GetDirectoryName(path)!;
        var name = Path.GetFileName(path);
        if (!Has(path)) return null;
        try
        {
            var metadata = ModelDirectory.Open(model).Gguf!;
            return name == "tokenizer.json" ? GgufTokenizer.Make(metadata) : MakeConfig(metadata);
        }
        catch (ModelFormatException error)
        {
            throw new ModelTextException(error.Message, error);
        }
    }

    private static JsonElement MakeConfig(GgufMetadata metadata)
    {
        var root = new JsonObject();
        var tokens = metadata.Texts(Prefix + "tokens") ?? [];
        foreach (var (role, name) in Roles)
        {
            if (metadata.Integer($"{Prefix}{role}_token_id") is { } id && id >= 0 && id < tokens.Count) root[name] = tokens[(int)id];
        }

        if (metadata.Text("tokenizer.chat_template") is { } template) root["chat_template"] = Templates(metadata, template);
        return JsonSerializer.SerializeToElement(root);
    }

    // Further templates are named in a list and kept under keys of their own.
    private static JsonNode Templates(GgufMetadata metadata, string usual)
    {
        if (metadata.Texts("tokenizer.chat_templates") is not { Count: > 0 } names) return usual;
        var list = new JsonArray(new JsonObject { ["name"] = "default", ["template"] = usual });
        foreach (var name in names.Take(64))
        {
            if (metadata.Text($"tokenizer.chat_template.{name}") is { } template) list.Add(new JsonObject { ["name"] = name, ["template"] = template });
        }

        return list;
    }
}
