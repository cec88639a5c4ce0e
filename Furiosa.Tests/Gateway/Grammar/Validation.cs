using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Checks texts against their schemas with JsonSchema.Net, which shares nothing with the compiler.</summary>
internal static class Validation
{
    private const int PrivateUse = 0xE000;

    // Two escaped surrogates, as the default encoder writes a character beyond U+FFFF.
    private static readonly Regex Pair = new(@"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})");

    public static void AssertValid(JObject schema, string text)
    {
        var options = new EvaluationOptions { RequireFormatValidation = true, OutputFormat = OutputFormat.Hierarchical };
        var results = JsonSchema.FromText(schema.ToString()).Evaluate(OneUnitEach(text), options);

        Assert.That(results.IsValid, $"{schema}\n{text}\n{string.Join("; ", Problems(results))}");
    }

    // JSON Schema's patterns count characters, the checker's (those of .NET) count UTF-16 units: "𚔧" would be two. It is shown a character of
    // one unit instead, which no class, format or literal of the schemas names either.
    private static JsonNode? OneUnitEach(string text) => Read(Pair.Replace(Read(text)?.ToJsonString() ?? "null", pair =>
    {
        var low = int.Parse(pair.Groups[2].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var high = int.Parse(pair.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return ((char)(PrivateUse + (char.ConvertToUtf32((char)high, (char)low) & 0xFFF))).ToString();
    }));

    private static JsonNode? Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        return Node(document.RootElement);
    }

    // Of members with one name, which no schema lists then, readers take the last.
    private static JsonNode? Node(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array) return new JsonArray([.. value.EnumerateArray().Select(Node)]);
        if (value.ValueKind != JsonValueKind.Object) return value.ValueKind == JsonValueKind.Null ? null : JsonValue.Create(value.Clone());
        var members = new JsonObject();
        foreach (var member in value.EnumerateObject()) members[member.Name] = Node(member.Value);
        return members;
    }

    private static IEnumerable<string> Problems(EvaluationResults results) =>
        (results.Errors ?? new Dictionary<string, string>()).Select(error => $"{results.InstanceLocation}: {error.Value}").Concat(results.Details.SelectMany(Problems));
}
