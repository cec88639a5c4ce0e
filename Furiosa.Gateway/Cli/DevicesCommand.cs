using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm devices</c>: the PEs of a running server, what each holds and how busy it is, as furiosa-smi shows cards.</summary>
internal static class DevicesCommand
{
    public const string Name = "devices";
    private const double MebiByte = 1024 * 1024;

    public static Command Create()
    {
        var url = new Option<string>("--url") { HelpName = "URL", DefaultValueFactory = _ => LocalServer.AdminUrl, Description = "The server's admin listener." };
        var key = new Option<string?>("--admin-key") { HelpName = "KEY", Description = "Its key. (default: FURIOSA_ADMIN__KEY)" };
        var json = new Option<bool>("--json") { Description = "Print the nodes of /admin/api/state as they are." };
        var command = new Command(Name, "Show the PEs of a running server.") { url, key, json };
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            if (!ServerAddress.TryParse(parsed.GetValue(url)!, out var address)) throw new FormatException($"--url {parsed.GetValue(url)}: write http://HOST:PORT.");
            using var picture = JsonDocument.Parse(await AdminClient.AskAsync(address, parsed.GetValue(key), HttpMethod.Get, "/admin/api/state", "--url", cancellation));
            if (!picture.RootElement.TryGetProperty("nodes", out var nodes)) throw new HttpRequestException("The server is still loading; 'furiosa-llm health' says how far it is.");
            if (parsed.GetValue(json)) Console.Out.WriteLine(nodes.GetRawText());
            else foreach (var line in Table(nodes)) Console.Out.WriteLine(line);
            return 0;
        }));
        return command;
    }

    private static List<string> Table(JsonElement nodes)
    {
        List<string[]> rows = [["Node", "PE", "State", "Replica", "Stage", "Rank", "Layers", "Weights", "KV cache", "Util"]];
        foreach (var node in nodes.EnumerateArray())
        {
            foreach (var pe in node.GetProperty("npus").EnumerateArray().SelectMany(npu => npu.GetProperty("pes").EnumerateArray()))
            {
                var (first, layers) = (pe.GetProperty("first_layer").GetInt32(), pe.GetProperty("layers").GetInt32());
                rows.Add(
                [
                    Text(node, "name"), Text(pe, "name"), Text(pe, "state"), Text(pe, "replica"), Text(pe, "stage"), Text(pe, "rank"),
                    layers == 0 ? "-" : Invariant($"{first}-{first + layers - 1}"), Size(pe, "weight_bytes"), Size(pe, "kv_bytes"),
                    pe.TryGetProperty("utilization", out var busy) && busy.ValueKind == JsonValueKind.Number ? Invariant($"{busy.GetDouble() * 100:F0} %") : "-",
                ]);
            }
        }
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return [.. rows.Select(row => string.Join("  ", row.Select((cell, column) => column < 3 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))))];
    }

    private static string Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : "-";

    private static string Size(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? Invariant($"{value.GetInt64() / MebiByte:F1} MiB") : "-";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
