using System.Text.Json.Nodes;
using Json.Schema;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Checks texts against their schemas with JsonSchema.Net, which shares nothing with the compiler.</summary>
internal static class Validation
{
    public static void AssertValid(JObject schema, string text)
    {
        var options = new EvaluationOptions { RequireFormatValidation = true, OutputFormat = OutputFormat.Hierarchical };
        var results = JsonSchema.FromText(schema.ToString()).Evaluate(JsonNode.Parse(text), options);

        Assert.That(results.IsValid, $"{schema}\n{text}\n{string.Join("; ", Problems(results))}");
    }

    private static IEnumerable<string> Problems(EvaluationResults results) =>
        (results.Errors ?? new Dictionary<string, string>()).Select(error => $"{results.InstanceLocation}: {error.Value}").Concat(results.Details.SelectMany(Problems));
}
