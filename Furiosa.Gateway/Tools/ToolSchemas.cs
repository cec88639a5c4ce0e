using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools;

/// <summary>What a parser needs to know of the request's tools: their names and their parameters' types.</summary>
/// <param name="schemas">The parameters' JSON Schema by function name; null where the function has none.</param>
internal sealed class ToolSchemas(IReadOnlyDictionary<string, JObject?> schemas)
{
    private static readonly string[] NoTypes = [];

    /// <summary>Whether the request has such a function.</summary>
    public bool Contains(string function) => schemas.ContainsKey(function);

    /// <summary>The JSON types that a parameter may have, by its schema's <c>type</c>, <c>enum</c>, <c>const</c> or alternatives; empty where it does not say.</summary>
    public IReadOnlyCollection<string> ParameterTypes(string function, string parameter) =>
        schemas.GetValueOrDefault(function)?["properties"] is JObject properties && properties[parameter] is JObject schema
            ? Types(schema, depth: 0) : NoTypes;

    private static HashSet<string> Types(JObject schema, int depth)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        if (depth > 4)
            return types;
        foreach (var type in schema["type"] is JArray several ? several : new JArray(schema["type"] ?? JValue.CreateNull()))
        {
            if (type.Type == JTokenType.String)
                types.Add((string)type!);
        }

        foreach (var value in schema["enum"] as JArray ?? (schema["const"] is { } only ? [only] : []))
            types.Add(TypeOf(value));
        foreach (var key in new[] { "anyOf", "oneOf", "allOf" })
        {
            foreach (var branch in (schema[key] as JArray ?? []).OfType<JObject>())
                types.UnionWith(Types(branch, depth + 1));
        }

        return types;
    }

    private static string TypeOf(JToken value) => value.Type switch
    {
        JTokenType.Integer => "integer",
        JTokenType.Float => "number",
        JTokenType.Boolean => "boolean",
        JTokenType.Null => "null",
        JTokenType.Object => "object",
        JTokenType.Array => "array",
        _ => "string",
    };
}
