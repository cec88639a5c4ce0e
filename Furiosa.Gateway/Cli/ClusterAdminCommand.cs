using System.CommandLine;
using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm cluster status|drain|undrain</c>: asks the admin listener of any node.</summary>
internal static class ClusterAdminCommand
{
    public static Command CreateStatus()
    {
        var command = new Command("status", "Show nodes, replicas and why they are where they are.");
        var door = new Door(command);
        var json = new Option<bool>("--json") { Arity = ArgumentArity.Zero };
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            var report = JObject.Parse(await door.AskAsync(parsed, HttpMethod.Get, "/admin/api/cluster", cancellation));
            if (parsed.GetValue(json)) Console.Out.WriteLine(report.ToString(Formatting.Indented));
            else foreach (var line in ClusterTable.Lines(report)) Console.Out.WriteLine(line);
            return 0;
        }));
        return command;
    }

    public static Command CreateDrain() => Create("drain", "Let a device node give its work away and take none.");

    public static Command CreateUndrain() => Create("undrain", "Let a device node take work again.");

    private static Command Create(string name, string description)
    {
        var command = new Command(name, description);
        var node = new Argument<string>("NODE");
        command.Arguments.Add(node);
        var door = new Door(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            var target = parsed.GetValue(node)!;
            await door.AskAsync(parsed, HttpMethod.Post, $"/admin/api/cluster/nodes/{Uri.EscapeDataString(target)}/{name}", cancellation);
            Console.Out.WriteLine(name == "drain" ? $"Node {target} drains: its requests go on at other nodes, or finish." : $"Node {target} takes work again.");
            return 0;
        }));
        return command;
    }

    /// <summary>The options that say where the admin listener is.</summary>
    private sealed class Door
    {
        private readonly Option<string?> _host = new("--admin-host");
        private readonly Option<string?> _port = new("--admin-port");
        private readonly Option<string?> _key = new("--admin-key");

        public Door(Command command)
        {
            foreach (var option in (Option[])[_host, _port, _key]) command.Options.Add(option);
        }

        public Task<string> AskAsync(ParseResult parsed, HttpMethod method, string path, CancellationToken cancellation)
        {
            var port = parsed.GetValue(_port) ?? LocalServer.AdminPort.ToString(CultureInfo.InvariantCulture);
            if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65_535)
                throw new FormatException($"--admin-port '{port}' must be an integer from 1 to 65535");
            var host = parsed.GetValue(_host) ?? "127.0.0.1";
            if (!Uri.TryCreate($"http://{host}:{number}", UriKind.Absolute, out var address)) throw new FormatException($"--admin-host '{host}' is no host name or address");
            return AdminClient.AskAsync(address, parsed.GetValue(_key), method, path, "--admin-host and --admin-port", cancellation);
        }
    }
}
