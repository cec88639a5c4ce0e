using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Which keywords of JSON Schema are honoured and which say nothing about validity; any other is refused by name.</summary>
internal static class SchemaKeywords
{
    private static readonly HashSet<string> General = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "nullable", "not", "if", "then", "else", SchemaNegation.NotEnum];

    private static readonly Dictionary<string, JsonTypes> ByType = new(StringComparer.Ordinal)
    {
        ["minLength"] = JsonTypes.String, ["maxLength"] = JsonTypes.String, ["pattern"] = JsonTypes.String, ["format"] = JsonTypes.String,
        [SchemaNegation.NotPattern] = JsonTypes.String, [SchemaNegation.NotMultipleOf] = JsonTypes.Number,
        ["minimum"] = JsonTypes.Number, ["maximum"] = JsonTypes.Number, ["exclusiveMinimum"] = JsonTypes.Number,
        ["exclusiveMaximum"] = JsonTypes.Number, ["multipleOf"] = JsonTypes.Number,
        ["properties"] = JsonTypes.Object, ["required"] = JsonTypes.Object, ["additionalProperties"] = JsonTypes.Object,
        ["patternProperties"] = JsonTypes.Object, ["propertyNames"] = JsonTypes.Object, ["minProperties"] = JsonTypes.Object,
        ["maxProperties"] = JsonTypes.Object, ["dependentRequired"] = JsonTypes.Object, ["dependentSchemas"] = JsonTypes.Object,
        ["dependencies"] = JsonTypes.Object, [LeftOver.Properties] = JsonTypes.Object, [LeftOver.Items] = JsonTypes.Array,
        ["items"] = JsonTypes.Array, ["prefixItems"] = JsonTypes.Array, ["additionalItems"] = JsonTypes.Array, ["minItems"] = JsonTypes.Array,
        ["maxItems"] = JsonTypes.Array, ["uniqueItems"] = JsonTypes.Array, ["contains"] = JsonTypes.Array, ["minContains"] = JsonTypes.Array,
        ["maxContains"] = JsonTypes.Array,
    };

    private static readonly HashSet<string> Annotations =
    [
        "title", "description", "default", "example", "examples", "$schema", "$id", "id", "$comment", "$anchor", "$defs", "definitions", "deprecated",
        "readOnly", "writeOnly", "discriminator", "xml", "externalDocs", "contentMediaType", "contentEncoding", "strict", "name", "propertyOrdering",
        "$vocabulary", "$dynamicAnchor", "contentSchema", "enumNames", "enumDescriptions", "markdownDescription",
    ];

    /// <summary>Refuses what is not honoured.</summary>
    /// <exception cref="GrammarException">Names the keyword and where it stands.</exception>
    public static void Check(JObject schema)
    {
        foreach (var property in schema.Properties())
        {
            var name = property.Name;
            if (General.Contains(name) || ByType.ContainsKey(name) || IsAnnotation(name))
                continue;
            throw new GrammarException($"The keyword '{name}' at {Where(schema)} of the JSON schema is not supported: leave it out.");
        }
    }

    /// <summary>Whether a keyword says nothing about validity.</summary>
    public static bool IsAnnotation(string keyword) => Annotations.Contains(keyword) || keyword.StartsWith("x-", StringComparison.Ordinal);

    /// <summary>The types that a schema's keywords speak of.</summary>
    public static JsonTypes SpokenOf(JObject schema)
    {
        var types = JsonTypes.None;
        foreach (var property in schema.Properties())
        {
            if (property.Name == "format" && SchemaFormats.IsNumeric((string?)property.Value))
                types |= JsonTypes.Number;
            else if (ByType.TryGetValue(property.Name, out var type))
                types |= type;
        }

        return types;
    }

    /// <summary>Where a part of a schema stands, for messages.</summary>
    public static string Where(JToken schema) => schema.Path.Length == 0 ? "the root" : $"'{schema.Path}'";
}
