namespace Furiosa.Gateway.Hub;

/// <summary>Which files of a repository a model is served from.</summary>
internal static class HubFiles
{
    /// <summary>The file that says which files have the weights.</summary>
    public const string WeightIndex = "model.safetensors.index.json";

    private static readonly string[] Texts =
    [
        "config.json", "generation_config.json", "artifact.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "tiktoken.model", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "chat_template.jinja", "chat_template.json",
    ];

    /// <summary>The small files that say what the model is and how text is treated.</summary>
    public static IReadOnlyList<string> Descriptions(IReadOnlyList<string> all) =>
    [
        .. all.Where(name => Texts.Contains(name) || name.EndsWith(".tiktoken", StringComparison.Ordinal)
            || name.StartsWith("chat_templates/", StringComparison.Ordinal) || name.StartsWith("additional_chat_templates/", StringComparison.Ordinal)),
    ];

    /// <summary>The files with weights, where no index names them: one whole file, or all shards beside it.</summary>
    public static IReadOnlyList<string> Weights(IReadOnlyList<string> all)
    {
        var root = all.Where(name => !name.Contains('/') && name.EndsWith(".safetensors", StringComparison.Ordinal)).ToList();
        if (root.Contains("model.safetensors")) return ["model.safetensors"];
        // The same weights in their author's own form, which is not read.
        return [.. root.Where(name => !name.StartsWith("consolidated", StringComparison.Ordinal))];
    }

    /// <summary>Whether a tokenizer is among the files.</summary>
    public static bool HasTokenizer(IReadOnlyList<string> all) =>
        all.Any(name => name is "tokenizer.json" or "tokenizer.model" or "tiktoken.model" || name.EndsWith(".tiktoken", StringComparison.Ordinal));

    /// <summary>Whether a name stays inside the snapshot's folder.</summary>
    public static bool IsSafe(string name) =>
        name.Length is > 0 and < 512 && !Path.IsPathRooted(name) && !name.Contains('\\') && !name.Any(char.IsControl)
        && name.Split('/').All(part => part is not ("" or "." or ".."));
}
