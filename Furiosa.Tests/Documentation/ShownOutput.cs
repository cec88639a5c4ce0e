using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Documentation;

/// <summary>Compares what a page shows below a command with what came. Names, times and measurements differ each time and count as any other.</summary>
internal static partial class ShownOutput
{
    private static readonly string[] Varying = ["id", "created", "system_fingerprint"];

    /// <returns>What is to be equal: of the page, and of the run.</returns>
    public static (string Shown, string Printed) Compare(DocumentBlock shown, string printed) => shown.Language == "json"
        ? (Steady(JToken.Parse(shown.Text)), Steady(JToken.Parse(printed)))
        : (Steady(shown.Text), Steady(printed));

    private static string Steady(JToken json)
    {
        foreach (var property in json.SelectTokens("$..*").Select(token => token.Parent).OfType<JProperty>().Where(one => Varying.Contains(one.Name)).ToList()) property.Value = "…";
        return json.ToString();
    }

    private static string Steady(string text) =>
        string.Join('\n', text.Trim().Split('\n').Select(line => Rules().Replace(Spaces().Replace(Numbers().Replace(line.TrimEnd(), "#"), " "), "-")));

    [GeneratedRegex(@"\d[\d.,]*")]
    private static partial Regex Numbers();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    [GeneratedRegex("-{2,}|={2,}")]
    private static partial Regex Rules();
}
