using System.Net.Sockets;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>Requests whose clients are gone give everything back.</summary>
[TestFixture]
public sealed class ClientGoneTests
{
    private static readonly string[] Bodies =
    [
        """{"prompt": "Once", "ignore_eos": true, "max_tokens": 2000, "stream": true}""",
        """{"prompt": "Once", "ignore_eos": true, "max_tokens": 2000}""",
        """{"prompt": "Once", "ignore_eos": true, "max_tokens": 2000, "n": 3, "temperature": 1, "stream": true}""",
        """{"prompt": "Once", "ignore_eos": true, "max_tokens": 500, "use_beam_search": true, "best_of": 3, "n": 2}""",
        """{"prompt": ["Once", "Twice"], "ignore_eos": true, "max_tokens": 2000, "logprobs": 5, "temperature": 1, "best_of": 3}""",
    ];

    [Test]
    public async Task Clients_GoneInMidAnswer_LeaveAllBlocksFreeOrCached()
    {
        await using var server = await ServerProcess.StartAsync("-tp", "2", "-dp", "2");
        var atStart = Blocks(await server.Http.GetJsonAsync("/health"));

        var sockets = new List<TcpClient>();
        foreach (var body in Bodies) sockets.Add(await SendAsync(server, body));
        await UntilAsync(server, health => (int)health["running"]! >= Bodies.Length);
        foreach (var socket in sockets) socket.Dispose();
        await UntilAsync(server, health => (int)health["running"]! + (int)health["waiting"]! == 0 && Blocks(health) == atStart);

        var (status, _) = await server.Http.PostJsonAsync("/v1/completions", JObject.Parse("""{"prompt": "Once", "max_tokens": 1}"""));
        Assert.That(status, Is.EqualTo(200));
    }

    private static int Blocks(JObject health) => (int)health["free_kv_blocks"]! + (int)health["cached_kv_blocks"]!;

    private static async Task UntilAsync(ServerProcess server, Func<JObject, bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition(await server.Http.GetJsonAsync("/health"))) await timer.WaitForNextTickAsync(timeout.Token);
    }

    private static async Task<TcpClient> SendAsync(ServerProcess server, string body)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
            $"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        return socket;
    }
}
