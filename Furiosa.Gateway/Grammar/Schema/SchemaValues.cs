using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Reads the values of keywords; a value of the wrong kind is refused by name. An absent keyword is null.</summary>
internal static class SchemaValues
{
    public static string? Text(JObject schema, string keyword) => schema[keyword] switch
    {
        null => null,
        JValue { Value: string text } => text,
        _ => throw Bad(schema, keyword, "a string"),
    };

    public static bool Flag(JObject schema, string keyword) => schema[keyword] switch
    {
        null => false,
        JValue { Value: bool flag } => flag,
        _ => throw Bad(schema, keyword, "true or false"),
    };

    public static int? Count(JObject schema, string keyword)
    {
        if (schema[keyword] is not { } value)
            return null;
        var number = DecimalNumber.TryRead(value);
        if (number is not { IsInteger: true } || number.Value.Unscaled.Sign < 0)
            throw Bad(schema, keyword, "a whole number of at least 0");
        return (int)System.Numerics.BigInteger.Min(number.Value.Unscaled / System.Numerics.BigInteger.Pow(10, number.Value.Scale), 1_000_000_000);
    }

    public static DecimalNumber? Number(JObject schema, string keyword) =>
        schema[keyword] is not { } value ? null : DecimalNumber.TryRead(value) ?? throw Bad(schema, keyword, "a number with an exponent of at most 400");

    public static JArray? List(JObject schema, string keyword) =>
        schema[keyword] switch
        {
            null => null,
            JArray { Count: > 0 } list => list,
            _ => throw Bad(schema, keyword, "a list that is not empty"),
        };

    public static JObject? Map(JObject schema, string keyword) =>
        schema[keyword] switch
        {
            null => null,
            JObject map => map,
            _ => throw Bad(schema, keyword, "an object"),
        };

    public static IEnumerable<string> Names(JObject schema, string keyword) =>
        schema[keyword] switch
        {
            null => [],
            JArray list when list.All(name => name.Type == JTokenType.String) => list.Select(name => (string)name!),
            _ => throw Bad(schema, keyword, "a list of strings"),
        };

    public static GrammarException Bad(JObject schema, string keyword, string expected) =>
        new($"The keyword '{keyword}' at {SchemaKeywords.Where(schema)} of the JSON schema must be {expected}.");
}
