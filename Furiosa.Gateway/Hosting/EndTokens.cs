using System.Collections.Immutable;
using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Hosting;

/// <summary>Finds the tokens that end a model's texts: an answer that meets none of them would go on to its limit.</summary>
internal static class EndTokens
{
    private const string Key = "eos_token_id";

    /// <summary>
    /// The ids of <c>generation_config.json</c>, or where it is silent those of <c>config.json</c>; and always the tokenizer's own end
    /// token, which instruct models often have beside the one that their base model was trained with.
    /// </summary>
    public static ImmutableArray<int> Find(ModelDirectory directory, GenerationConfig generation, ITextTokenizer tokenizer)
    {
        var ids = generation.EosTokenIds.IsEmpty ? OfConfig(directory.ReadJson(ModelDirectory.ConfigFile)) : generation.EosTokenIds;
        var own = tokenizer.Names.Eos is { } token ? tokenizer.TokenToId(token) : null;
        return [.. (own is { } id ? ids.Append(id) : ids).Distinct()];
    }

    // What is no id here is refused where the runtime reads the file.
    private static IEnumerable<int> OfConfig(JsonElement config)
    {
        if (!config.TryGetProperty(Key, out var value)) return [];
        IEnumerable<JsonElement> values = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return values.Where(one => one.ValueKind == JsonValueKind.Number && one.TryGetInt32(out _)).Select(one => one.GetInt32());
    }
}
