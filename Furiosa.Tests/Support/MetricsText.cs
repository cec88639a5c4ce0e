using System.Globalization;

namespace Furiosa.Tests.Support;

/// <summary>What <c>/metrics</c> says, as numbers.</summary>
internal sealed class MetricsText(string text)
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(Parse)];

    public string Text => text;

    public static async Task<MetricsText> ReadAsync(HttpClient http) => new(await http.GetStringAsync("/metrics"));

    /// <summary>Sum of a metric's samples whose labels contain all of these, e.g. <c>engine="0"</c>.</summary>
    public double Sum(string name, params string[] labels)
    {
        var sum = Find(name, labels);
        Assert.That(sum, Is.Not.Null, $"{name} {string.Join(' ', labels)}");
        return sum!.Value;
    }

    /// <summary>The same, or null where there is none yet: what replicas report is there from their first report on.</summary>
    public double? Find(string name, params string[] labels)
    {
        var found = _samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.Contains(label, StringComparison.Ordinal))).ToList();
        return found.Count == 0 ? null : found.Sum(sample => sample.Value);
    }

    public bool Has(string name) => _samples.Exists(sample => sample.Name == name);

    private static (string Name, string Labels, double Value) Parse(string line)
    {
        var at = line.LastIndexOf(' ');
        var brace = line.IndexOf('{', StringComparison.Ordinal);
        var name = brace < 0 ? line[..at] : line[..brace];
        return (name, brace < 0 ? "" : line[brace..at], double.Parse(line[(at + 1)..].Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
    }
}
