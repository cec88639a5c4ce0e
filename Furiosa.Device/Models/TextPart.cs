using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// The language model inside a checkpoint that sees images as well: its configuration stands in <c>text_config</c>, and it is served for
/// text alone.
/// </summary>
internal static class TextPart
{
    private static readonly Dictionary<string, string> Families = new(StringComparer.Ordinal)
    {
        ["Gemma3ForConditionalGeneration"] = "Gemma3ForCausalLM", ["Mistral3ForConditionalGeneration"] = "MistralForCausalLM",
    };

    /// <summary>What may stand before a family's own names of tensors, in the order of trial; the head's prefix second.</summary>
    public static IReadOnlyList<(string Root, string Head)> Prefixes(string root) =>
        [(root, ""), ("", ""), ("language_model." + root, "language_model."), (root + "language_model.", "")];

    /// <summary>The text model's configuration, with what stands beside it; the configuration itself where there is none inside.</summary>
    /// <param name="root">The file's object.</param>
    public static JsonElement Of(JsonElement root)
    {
        var fields = new JsonFields(root, []);
        if (fields.Texts("architectures")?.FirstOrDefault() is not { } architecture || !Families.TryGetValue(architecture, out var family)) return root;
        if (fields.Find("text_config") is not { ValueKind: JsonValueKind.Object } inner) return root;
        if (new JsonFields(inner, []).Text("model_type") is { } type && ModelFamilies.All.First(known => known.Architecture == family).ModelType != type) return root;
        var merged = JsonObject.Create(root)!;
        merged.Remove("text_config");
        foreach (var member in inner.EnumerateObject()) merged[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        merged["architectures"] = new JsonArray(family);
        return JsonSerializer.SerializeToElement(merged);
    }
}
