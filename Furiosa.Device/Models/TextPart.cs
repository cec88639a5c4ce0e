using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// The language model inside a checkpoint that sees or hears as well: its configuration stands in <c>text_config</c> or <c>llm_config</c>
/// and it is served for text alone, whatever is around it, where its own kind is known.
/// </summary>
internal static class TextPart
{
    // What a text model inside is called, where that is not the name of the same model alone. Positions in three dimensions are one for text.
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["qwen2_vl_text"] = "qwen2", ["qwen2_5_vl_text"] = "qwen2", ["qwen3_vl_text"] = "qwen3", ["qwen3_vl_moe_text"] = "qwen3_moe",
        ["glm4v_text"] = "glm4", ["glm4v_moe_text"] = "glm4_moe", ["kimi_k2"] = "deepseek_v3",
    };

    // Older files have the text model's fields beside the others.
    private static readonly Dictionary<string, string> Flat = new(StringComparer.Ordinal)
    {
        ["Qwen2VLForConditionalGeneration"] = "Qwen2ForCausalLM", ["Qwen2_5_VLForConditionalGeneration"] = "Qwen2ForCausalLM",
    };

    private static readonly string[] Keys = ["text_config", "llm_config"];

    // Its prompts are seen in both directions, by text as well.
    private const string BothWays = "PaliGemmaForConditionalGeneration";

    /// <summary>What may stand before a family's own names of tensors, in the order of trial; the head's prefix second.</summary>
    public static IReadOnlyList<(string Root, string Head)> Prefixes(string root) =>
        [(root, ""), ("", ""), ("language_model." + root, "language_model."), (root + "language_model.", ""), (root + "text_model.", ""), ("model." + root, "model."), ("model.", "")];

    /// <summary>The text model's configuration, with what stands beside it; the configuration itself where there is none inside.</summary>
    /// <param name="root">The file's object.</param>
    public static JsonElement Of(JsonElement root)
    {
        var fields = new JsonFields(root, []);
        if (fields.Texts("architectures")?.FirstOrDefault() is not { } architecture || ModelFamilies.All.Any(known => known.Architecture == architecture)) return root;
        if (Inner(fields) is not { } inner) return Flat.TryGetValue(architecture, out var flat) ? With(JsonObject.Create(root)!, flat) : root;
        if (architecture == BothWays || FamilyOf(inner) is not { } family) return root;
        var merged = JsonObject.Create(root)!;
        foreach (var key in Keys) merged.Remove(key);
        foreach (var member in inner.EnumerateObject()) merged[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        return With(merged, family.Architecture);
    }

    /// <summary>What to say of a text model inside that is not known; empty where there is none.</summary>
    /// <param name="fields">The file.</param>
    public static string Unknown(JsonFields fields) =>
        Inner(fields) is not { } inner ? ""
        : FamilyOf(inner) is null ? $", nor is the text model inside, {new JsonFields(inner, []).Text("model_type") ?? "which has no model_type"}"
        : ", whose prompts are seen in both directions";

    private static JsonElement? Inner(JsonFields fields) =>
        Keys.Select(fields.Find).FirstOrDefault(inner => inner is { ValueKind: JsonValueKind.Object });

    private static ModelFamily? FamilyOf(JsonElement inner)
    {
        var fields = new JsonFields(inner, []);
        var architecture = fields.Texts("architectures")?.FirstOrDefault();
        var type = fields.Text("model_type") ?? "";
        type = Types.GetValueOrDefault(type, type);
        return ModelFamilies.All.FirstOrDefault(known => known.Architecture == architecture) ?? ModelFamilies.All.FirstOrDefault(known => known.ModelType == type);
    }

    private static JsonElement With(JsonObject configuration, string architecture)
    {
        configuration["architectures"] = new JsonArray(architecture);
        return JsonSerializer.SerializeToElement(configuration);
    }
}
