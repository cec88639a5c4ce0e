using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using Furiosa.Gateway.Configuration;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm cluster status|drain|undrain</c>: asks the admin listener of any node.</summary>
internal static class ClusterAdminCommand
{
    private const int Failure = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static Command CreateStatus()
    {
        var command = new Command("status", "Show nodes, replicas and why they are where they are.");
        var door = new Door(command);
        var json = new Option<bool>("--json") { Arity = ArgumentArity.Zero };
        command.Options.Add(json);
        command.SetAction(async (parsed, _) =>
        {
            if (await door.SendAsync(parsed, HttpMethod.Get, "/admin/api/cluster") is not { } report) return Failure;
            if (parsed.GetValue(json)) Console.Out.WriteLine(report.ToString(Formatting.Indented));
            else foreach (var line in ClusterTable.Lines(report)) Console.Out.WriteLine(line);
            return 0;
        });
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
        command.SetAction(async (parsed, _) =>
        {
            var target = parsed.GetValue(node)!;
            if (await door.SendAsync(parsed, HttpMethod.Post, $"/admin/api/cluster/nodes/{Uri.EscapeDataString(target)}/{name}") is null) return Failure;
            Console.Out.WriteLine(name == "drain" ? $"Node {target} drains: its requests go on at other nodes, or finish." : $"Node {target} takes work again.");
            return 0;
        });
        return command;
    }

    /// <summary>The options that say where the admin listener is, and a call of it.</summary>
    private sealed class Door
    {
        private readonly Option<string?> _host = new("--admin-host");
        private readonly Option<string?> _port = new("--admin-port");
        private readonly Option<string?> _key = new("--admin-key");

        public Door(Command command)
        {
            foreach (var option in (Option[])[_host, _port, _key]) command.Options.Add(option);
        }

        /// <summary>What was answered; null when the complaint is told already.</summary>
        public async Task<JObject?> SendAsync(ParseResult parsed, HttpMethod method, string path)
        {
            var port = parsed.GetValue(_port) ?? LocalServer.AdminPort.ToString(CultureInfo.InvariantCulture);
            if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65_535)
                return Complain($"--admin-port '{port}' must be an integer from 1 to 65535");
            var address = $"http://{parsed.GetValue(_host) ?? "127.0.0.1"}:{number}";
            using var http = new HttpClient { Timeout = Patience };
            try
            {
                using var request = new HttpRequestMessage(method, address + path);
                var key = parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable(EnvironmentLayer.NameOf("furiosa.admin.key"));
                if (!string.IsNullOrEmpty(key)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
                using var response = await http.SendAsync(request);
                var answer = JObject.Parse(await response.Content.ReadAsStringAsync());
                return response.IsSuccessStatusCode ? answer : Complain((string?)answer.SelectToken("error.message") ?? $"{address} answered {(int)response.StatusCode}");
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException or UriFormatException)
            {
                return Complain($"no admin listener answers at {address} ({error.Message}); a server prints the address of its own at the start, name it with --admin-host and --admin-port");
            }
        }

        private static JObject? Complain(string problem)
        {
            Console.Error.WriteLine($"furiosa-llm: {problem}");
            return null;
        }
    }
}
