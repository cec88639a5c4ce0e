using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Cli;

/// <summary>A cluster's report as tables.</summary>
internal static class ClusterTable
{
    public static IEnumerable<string> Lines(JObject report)
    {
        var nodes = report["nodes"]!.Select(node => new[] { $"{node["name"]}{((bool)node["self"]! ? " *" : "")}", $"{node["role"]}", $"{node["state"]}", $"{node["devices"]}", $"{node["address"]}" });
        foreach (var line in Table(["NODE", "ROLE", "STATE", "DEVICES", "ADDRESS"], nodes)) yield return line;
        yield return "";
        var replicas = report["replicas"]!.SelectMany(replica => replica["stages"]!.Select((stage, i) => i == 0
            ? new[] { $"{replica["index"]}", $"{replica["state"]}", $"{i}", $"{stage}" }
            : ["", "", $"{i}", $"{stage}"]));
        foreach (var line in Table(["REPLICA", "STATE", "STAGE", "PES"], replicas)) yield return line;
        yield return "";
        foreach (var line in report["placement"]!) yield return $"{line}";
    }

    private static IEnumerable<string> Table(string[] head, IEnumerable<string[]> rows)
    {
        List<string[]> all = [head, .. rows];
        var widths = head.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        return all.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
