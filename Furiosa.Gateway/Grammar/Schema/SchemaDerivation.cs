using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Says keywords that choose by a condition in terms of <c>anyOf</c>: <c>not</c>, <c>if</c>, and what depends on a member.</summary>
internal static class SchemaDerivation
{
    /// <summary>Schemas that must hold beside the schema's other keywords, and whether each says what a value is not.</summary>
    /// <exception cref="GrammarException">A condition cannot be negated exactly; the message names the keyword.</exception>
    public static IEnumerable<(JToken Schema, bool IsNegated)> Of(SchemaDocument document, JObject schema)
    {
        if (schema["not"] is { } not)
            yield return (SchemaNegation.Of(document, not), true);
        foreach (var derived in Conditions(schema))
            yield return (document.Make(derived), false);
    }

    /// <summary>The same without <c>not</c>, which is negated by taking it away.</summary>
    public static IEnumerable<JObject> Conditions(JObject schema)
    {
        if (schema["if"] is { } condition && (schema["then"] ?? schema["else"]) != null)
            yield return If(condition, schema["then"] ?? true, schema["else"] ?? true);
        foreach (var keyword in new[] { "dependentRequired", "dependentSchemas", "dependencies" })
        {
            foreach (var dependent in SchemaValues.Map(schema, keyword)?.Properties() ?? [])
                yield return WhenPresent(schema, keyword, dependent);
        }
    }

    private static JObject If(JToken condition, JToken then, JToken otherwise)
    {
        var not = new JObject { ["not"] = condition };
        return new JObject { ["anyOf"] = new JArray(All(condition, then), IsTrue(otherwise) ? not : All(not, otherwise)) };
    }

    private static JObject WhenPresent(JObject schema, string keyword, JProperty dependent)
    {
        JToken present = dependent.Value switch
        {
            JArray names when keyword != "dependentSchemas" && names.All(name => name.Type == JTokenType.String) =>
                new JObject { ["required"] = new JArray(names.Prepend(dependent.Name)) },
            var value when keyword != "dependentRequired" && value is JObject or JValue { Value: bool } =>
                All(new JObject { ["required"] = new JArray(dependent.Name) }, value),
            _ => throw SchemaValues.Bad(schema, keyword, keyword == "dependentRequired" ? "an object of lists of strings" : "an object of schemas"),
        };
        var absent = new JObject { ["properties"] = new JObject { [dependent.Name] = false } };
        return new JObject { ["anyOf"] = new JArray(absent, present) };
    }

    private static JObject All(JToken one, JToken other) => new() { ["allOf"] = IsTrue(other) ? new JArray(one) : new JArray(one, other) };

    private static bool IsTrue(JToken schema) => schema is JValue { Value: true };
}
