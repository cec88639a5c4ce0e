using System.Net.Sockets;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>
/// The documented Python example, as bytes: what AsyncOpenAI of openai 1.58.1 (httpx 0.28) sends for it, answered to a bare socket and read
/// the way that client reads.
/// </summary>
[TestFixture]
public sealed class AsyncOpenAiReplayTests
{
    private const string Body = """{"messages":[{"role":"user","content":"Say this is a test"}],"model":"EMPTY","stream":true}""";

    private static readonly string Request = string.Join("\r\n",
    [
        "POST /v1/chat/completions HTTP/1.1", "Host: localhost:8000", "Accept-Encoding: gzip, deflate", "Connection: keep-alive", "Accept: application/json",
        "Content-Type: application/json", "User-Agent: AsyncOpenAI/Python 1.58.1", "X-Stainless-Lang: python", "X-Stainless-Package-Version: 1.58.1",
        "X-Stainless-OS: Linux", "X-Stainless-Arch: x64", "X-Stainless-Runtime: CPython", "X-Stainless-Runtime-Version: 3.12.3", "Authorization: Bearer EMPTY",
        "X-Stainless-Async: async:asyncio", "x-stainless-retry-count: 0", $"Content-Length: {Body.Length}", "", Body,
    ]);

    [Test]
    public async Task Chat_DocumentedPythonExample_PrintsTheTest()
    {
        var server = await ServedByDefault.GetAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Request));

        var answer = await RawAnswer.ReadAsync(socket.GetStream());

        Assert.That(answer.Status, Is.EqualTo("HTTP/1.1 200 OK"));
        Assert.That(answer.Headers["content-type"], Does.StartWith("text/event-stream"));
        Assert.That(answer.Headers, Does.Not.ContainKey("content-encoding"), "what is not compressed cannot be held back by a compressor");
        var data = Encoding.UTF8.GetString(answer.Body).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame["data: ".Length..]).ToList();
        Assert.That(data[^1], Is.EqualTo("[DONE]"), "the client stops reading at this");
        var chunks = data.SkipLast(1).Select(JObject.Parse).ToList();
        foreach (var chunk in chunks) RequireModelFields(chunk);
        // chunk.choices[0].delta.content or ""
        Assert.That(string.Concat(chunks.Select(chunk => (string?)chunk["choices"]![0]!["delta"]!["content"])), Is.EqualTo("This is a test."));
        Assert.That((string?)chunks[^1]["choices"]![0]!["finish_reason"], Is.EqualTo("stop"));
    }

    // The fields without a default in that version's ChatCompletionChunk.
    private static void RequireModelFields(JObject chunk)
    {
        Assert.That(chunk["id"]!.Type, Is.EqualTo(JTokenType.String));
        Assert.That(chunk["created"]!.Type, Is.EqualTo(JTokenType.Integer));
        Assert.That(chunk["model"]!.Type, Is.EqualTo(JTokenType.String));
        Assert.That((string?)chunk["object"], Is.EqualTo("chat.completion.chunk"));
        Assert.That(chunk["choices"]!.Count(), Is.EqualTo(1));
        Assert.That((int)chunk["choices"]![0]!["index"]!, Is.Zero);
        Assert.That(chunk["choices"]![0]!["delta"]!.Type, Is.EqualTo(JTokenType.Object));
        Assert.That((string?)chunk["choices"]![0]!["delta"]!["role"], Is.Null.Or.EqualTo("assistant"));
    }
}
