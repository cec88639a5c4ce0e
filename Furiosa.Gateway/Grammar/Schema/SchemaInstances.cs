using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Tells which values of <c>enum</c> and <c>const</c> the keywords beside them leave.</summary>
internal static class SchemaInstances
{
    private static readonly string[] OfStructure =
        ["properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"];

    public static bool Accepts(SchemaCompiler compiler, SchemaFacts facts, JToken value)
    {
        var type = JsonTypeNames.Of(value);
        if ((facts.Types & type) == 0 || facts.Excluded.Exists(one => JsonText.AreEqual(one, value)))
            return false;
        switch (type)
        {
            case JsonTypes.Integer or JsonTypes.Fraction:
                return DecimalNumber.TryRead(value) is { } number && NumberLanguage.Accepts(facts, number);
            case JsonTypes.String:
                return compiler.Strings.Accepts(facts, (string)value!);
            case JsonTypes.Object or JsonTypes.Array:
                foreach (var schema in facts.Schemas)
                {
                    if (OfStructure.FirstOrDefault(keyword => schema[keyword] != null) is { } keyword)
                        throw new GrammarException($"The keyword '{keyword}' at {SchemaKeywords.Where(schema)} of the JSON schema is not supported beside an 'enum' or 'const' of objects or arrays.");
                }

                return true;
            default:
                return true;
        }
    }
}
