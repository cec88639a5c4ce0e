using System.Net.Sockets;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>A client that takes a byte a second costs nobody else anything, and gets its own answer whole.</summary>
[TestFixture]
public sealed class SlowReaderTests
{
    private const string Path = "/v1/completions";

    // Some megabytes of frames: more than sockets and buffers hold.
    private static readonly JObject Large = JObject.Parse("""{"prompt": "Once", "n": 4, "seed": 1, "temperature": 1, "ignore_eos": true, "max_tokens": 500, "logprobs": 20, "stream": true}""");

    [Test]
    public async Task Reader_OfOneByteASecond_LeavesOthersAloneAndGetsItsAnswer()
    {
        var server = await ServedByDefault.GetAsync();
        // A window smaller than a segment of the loopback interface would be filled at the pace of TCP's timers.
        using var socket = new TcpClient { ReceiveBufferSize = 128 * 1024 };
        await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await SendAsync(socket.GetStream());
        var begun = new byte[1];
        await socket.GetStream().ReadExactlyAsync(begun);

        var others = Task.WhenAll(Enumerable.Range(0, 8).Select(i => server.Http.StreamJsonAsync(Path, Small(i))));
        var taken = new List<byte>(begun);
        using (var second = new PeriodicTimer(TimeSpan.FromSeconds(1)))
        {
            while (!others.IsCompleted)
            {
                await Task.WhenAny(others, second.WaitForNextTickAsync().AsTask());
                await socket.GetStream().ReadExactlyAsync(begun);
                taken.AddRange(begun);
            }
        }
        using var rest = new PrefixedStream([.. taken], socket.GetStream());
        var slow = Joined(await RawAnswer.ReadAsync(rest));

        var alone = await server.Http.StreamJsonAsync(Path, Large);
        Assert.That(slow, Is.EqualTo(alone.ToString()));
        for (var i = 0; i < 8; i++) Assert.That((await others)[i].ToString(), Is.EqualTo((await server.Http.StreamJsonAsync(Path, Small(i))).ToString()));
    }

    private static JObject Small(int i) => new() { ["prompt"] = $"Story {i}", ["seed"] = i, ["temperature"] = 1, ["max_tokens"] = 8 + (5 * i), ["ignore_eos"] = true };

    private static string Joined(RawAnswer answer)
    {
        var frames = Encoding.UTF8.GetString(answer.Body).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame["data: ".Length..]);
        return StreamedText.Join(frames.SkipLast(1).Select(JObject.Parse)).ToString();
    }

    private static async Task SendAsync(NetworkStream stream)
    {
        var body = Large.ToString(Newtonsoft.Json.Formatting.None);
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"POST {Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }
}
