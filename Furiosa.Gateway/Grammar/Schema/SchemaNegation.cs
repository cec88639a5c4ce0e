using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// Turns "not this schema" into schemas that say what is: a value fails a schema where it fails one of its keywords. Only what can be
/// said exactly is; the rest is refused by name. Subschemas stay wrapped in <c>not</c> until they are needed, so recursion is no matter.
/// </summary>
internal static class SchemaNegation
{
    /// <summary>Keywords that only negation makes: no schema that came from outside is likely to have a name that begins so.</summary>
    public const string NotEnum = "\u0001notEnum";
    public const string NotPattern = "\u0001notPattern";
    public const string NotMultipleOf = "\u0001notMultipleOf";

    /// <summary>The type of numbers that are no integers.</summary>
    public const string Fraction = "\u0001fraction";

    private const int MaxDepth = 32;
    private const int MostOneOf = 12;

    private static readonly string[] TypeNames = ["null", "boolean", "integer", Fraction, "string", "object", "array"];

    /// <summary>A schema for the values that another refuses.</summary>
    /// <exception cref="GrammarException">It has a keyword that cannot be negated.</exception>
    public static JToken Of(SchemaDocument document, JToken schema) => document.Negation(schema, () => Of(document, schema, 0));

    private static JToken Of(SchemaDocument document, JToken schema, int depth)
    {
        if (schema is JValue { Value: bool allowed })
            return !allowed;
        if (schema is not JObject item)
            throw new GrammarException($"The JSON schema has {schema.Type.ToString().ToLowerInvariant()} at {SchemaKeywords.Where(schema)} where an object, true or false is expected.");
        if (depth > MaxDepth)
            throw new GrammarException($"The keyword 'not' of the JSON schema reaches through more than {MaxDepth} references.");
        document.Budget.Descend();
        document.Budget.Spend(item.Count);
        SchemaKeywords.Check(item);
        var ways = item.Properties().SelectMany(property => Ways(document, item, property, depth)).ToList();
        ways.AddRange(SchemaDerivation.Conditions(item).Select(condition => Of(document, condition, depth + 1)));
        return ways.Count switch
        {
            0 => false,
            1 => document.Make(ways[0]),
            _ => document.Make(new JObject { ["anyOf"] = new JArray(ways) }),
        };
    }

    // Each way for a value to fail one keyword.
    private static IEnumerable<JToken> Ways(SchemaDocument document, JObject schema, JProperty property, int depth)
    {
        var value = property.Value;
        switch (property.Name)
        {
            case "type": return OtherTypes(schema);
            case "enum": return [Single(NotEnum, SchemaValues.List(schema, "enum")!)];
            case "const": return [Single(NotEnum, new JArray(value))];
            case "not": return [value];
            case "allOf": return SchemaValues.List(schema, "allOf")!.Select(Not);
            case "anyOf": return [Single("allOf", new JArray(SchemaValues.List(schema, "anyOf")!.Select(Not)))];
            case "oneOf": return NoneOrSeveral(schema);
            case "$ref": return [Of(document, document.Resolve(schema, SchemaValues.Text(schema, "$ref")!), depth + 1)];
            case "pattern": return [Typed("string", NotPattern, value)];
            case "minLength" or "maxLength": return Bound(schema, property.Name, "string", "minLength", "maxLength");
            case "minItems" or "maxItems": return Bound(schema, property.Name, "array", "minItems", "maxItems");
            case "minProperties" or "maxProperties": return Bound(schema, property.Name, "object", "minProperties", "maxProperties");
            case "minimum": return [Typed("number", schema["exclusiveMinimum"] is JValue { Value: true } ? "maximum" : "exclusiveMaximum", value)];
            case "maximum": return [Typed("number", schema["exclusiveMaximum"] is JValue { Value: true } ? "minimum" : "exclusiveMinimum", value)];
            case "exclusiveMinimum": return value is JValue { Value: bool } ? [] : [Typed("number", "maximum", value)];
            case "exclusiveMaximum": return value is JValue { Value: bool } ? [] : [Typed("number", "minimum", value)];
            case "multipleOf": return [Typed("number", NotMultipleOf, value)];
            case "required": return SchemaValues.Names(schema, "required").Select(name => Typed("object", "properties", Single(name, false)));
            case "properties": return SchemaValues.Map(schema, "properties")!.Properties().Where(member => !TakesAll(member.Value)).Select(WrongMember);
            case "prefixItems": return WrongPrefix(document, SchemaValues.List(schema, "prefixItems")!);
            case "items" when value is JArray list: return WrongPrefix(document, list);
            case "items" when schema["prefixItems"] == null: return TakesAll(value) ? [] : [Typed("array", "contains", Not(value))];
            case "contains" when schema["minContains"] == null && schema["maxContains"] == null: return [Typed("array", "items", Not(value))];
            case "additionalProperties" or "additionalItems" or "items" or "propertyNames" or LeftOver.Properties or LeftOver.Items when TakesAll(value): return [];
            case "uniqueItems" when value is JValue { Value: false }: return [];
            case "format" when value is JValue { Value: string name } && SchemaFormats.IsAnnotation(name): return [];
            case "minContains" or "maxContains" when schema["contains"] == null: return [];
            case "if" or "then" or "else" or "dependentRequired" or "dependentSchemas" or "dependencies" or "nullable": return [];
            case var name when SchemaKeywords.IsAnnotation(name): return [];
            default: throw new GrammarException($"The keyword '{property.Name}' at {SchemaKeywords.Where(schema)} of the JSON schema is not supported inside 'not', 'if' or a 'oneOf' that overlaps.");
        }
    }

    private static List<JToken> OtherTypes(JObject schema)
    {
        var names = schema["type"] is JArray list ? list.Select(name => (string?)name).ToList() : [(string?)schema["type"]];
        var mine = names.Select(name => JsonTypeNames.Parse(name) ?? throw SchemaValues.Bad(schema, "type", "a type or a list of types")).Aggregate((all, one) => all | one);
        if (SchemaValues.Flag(schema, "nullable"))
            mine |= JsonTypes.Null;
        var others = TypeNames.Where(name => (JsonTypeNames.Parse(name)!.Value & mine) == 0).ToList();
        return others.Count == 0 ? [] : [Single("type", new JArray(others))];
    }

    private static List<JToken> NoneOrSeveral(JObject schema)
    {
        var branches = SchemaValues.List(schema, "oneOf")!;
        if (branches.Count > MostOneOf)
            throw new GrammarException($"The keyword 'oneOf' at {SchemaKeywords.Where(schema)} of the JSON schema has more than {MostOneOf} branches inside 'not', 'if' or a 'oneOf' that overlaps.");
        var ways = new List<JToken> { Single("allOf", new JArray(branches.Select(Not))) };
        for (var i = 0; i < branches.Count; i++)
        {
            for (var other = i + 1; other < branches.Count; other++)
                ways.Add(Single("allOf", new JArray(branches[i], branches[other])));
        }

        return ways;
    }

    private static IEnumerable<JToken> Bound(JObject schema, string keyword, string type, string minimum, string maximum)
    {
        var bound = SchemaValues.Count(schema, keyword)!.Value;
        if (keyword == maximum)
            return [Typed(type, minimum, bound + 1)];
        return bound == 0 ? [] : [Typed(type, maximum, bound - 1)];
    }

    private static JObject WrongMember(JProperty member)
    {
        var wrong = Typed("object", "required", new JArray(member.Name));
        wrong["properties"] = Single(member.Name, Not(member.Value));
        return wrong;
    }

    private static IEnumerable<JToken> WrongPrefix(SchemaDocument document, JArray items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (TakesAll(items[i]))
                continue;
            document.Budget.Spend(i + 1);
            var wrong = Typed("array", "minItems", i + 1);
            wrong["prefixItems"] = new JArray(Enumerable.Repeat<JToken>(true, i).Append(Not(items[i])));
            yield return wrong;
        }
    }

    private static bool TakesAll(JToken schema) => schema is JValue { Value: true } or JObject { Count: 0 };

    private static JObject Not(JToken schema) => Single("not", schema);

    private static JObject Single(string keyword, JToken value) => new() { [keyword] = value };

    private static JObject Typed(string type, string keyword, JToken value) => new() { ["type"] = type, [keyword] = value };
}
