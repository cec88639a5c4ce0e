using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>The types of JSON Schema as a set; a number is an integer or not.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    Number = Integer | Fraction,
    String = 16,
    Object = 32,
    Array = 64,
    All = 127,
}

/// <summary>Types of values and their names.</summary>
internal static class JsonTypeNames
{
    public static JsonTypes? Parse(string? name) => name switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "integer" => JsonTypes.Integer,
        SchemaNegation.Fraction => JsonTypes.Fraction,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "object" => JsonTypes.Object,
        "array" => JsonTypes.Array,
        _ => null,
    };

    public static JsonTypes Of(JToken value) => value.Type switch
    {
        JTokenType.Null => JsonTypes.Null,
        JTokenType.Boolean => JsonTypes.Boolean,
        JTokenType.Integer or JTokenType.Float => DecimalNumber.TryRead(value) is { IsInteger: true } ? JsonTypes.Integer : JsonTypes.Fraction,
        JTokenType.Object => JsonTypes.Object,
        JTokenType.Array => JsonTypes.Array,
        _ => JsonTypes.String,
    };
}
