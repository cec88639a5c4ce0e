using System.Text.Json;
using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>The <c>generation_config.json</c> that a GGUF file's metadata amount to: which tokens end a text, and sampling defaults.</summary>
internal static class GgufGeneration
{
    private const int Control = 3;

    // Ends of a turn or text in the templates of the families that are read. A file names only one or two of those its model writes.
    private static readonly HashSet<string> Ends = new(StringComparer.Ordinal)
    {
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<|return|>", "<|call|>", "<|end_of_text|>",
        "<|endofturn|>", "[|endofturn|]", "<|END_OF_TURN_TOKEN|>", "<|user|>", "<|observation|>", "</s>", "[EOS]", "<eos>",
    };

    private static readonly string[] Roles = ["eos", "eot", "eom"];

    private static readonly (string Key, string Name)[] Sampling =
        [("temp", "temperature"), ("top_k", "top_k"), ("top_p", "top_p"), ("min_p", "min_p"), ("penalty_repeat", "repetition_penalty")];

    public static JsonElement Make(GgufMetadata metadata)
    {
        var root = new JsonObject();
        var ends = Roles.Select(role => metadata.Integer($"tokenizer.ggml.{role}_token_id")).OfType<long>().ToList();
        if (metadata.Texts("tokenizer.ggml.tokens") is { } tokens && metadata.Integers("tokenizer.ggml.token_type") is { } types)
            ends.AddRange(Enumerable.Range(0, Math.Min(tokens.Count, types.Count)).Where(id => types[id] == Control && Ends.Contains(tokens[id])).Select(id => (long)id));
        if (ends.Count > 0) root["eos_token_id"] = new JsonArray([.. ends.Distinct().Select(id => (JsonNode)id)]);
        foreach (var (key, name) in Sampling)
        {
            if (metadata.Number($"general.sampling.{key}") is { } value) root[name] = key == "top_k" ? (int)value : value;
        }

        return JsonSerializer.SerializeToElement(root);
    }
}
