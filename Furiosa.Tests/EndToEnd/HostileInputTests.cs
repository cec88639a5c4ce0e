using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>What clients may send wrongly or meanly, at once with someone's good request, against the program itself.</summary>
[TestFixture]
public sealed class HostileInputTests
{
    private const string Chat = "/v1/chat/completions";

    private static IEnumerable<(int Status, byte[] Body)> Bodies()
    {
        yield return (413, Encoding.UTF8.GetBytes($$"""{"messages": [{"role": "user", "content": "{{new string('a', 20_000_000)}}"}]}"""));
        yield return (400, Encoding.UTF8.GetBytes("""{"messages": """ + new string('[', 10_000) + new string(']', 10_000) + "}"));
        yield return (400, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))));
        yield return (400, [.. "{\"messages\": [{\"role\": \"user\", \"content\": \""u8, 0xC3, 0x28, .. "\"}]}"u8]);
        yield return (400, Encoding.UTF8.GetBytes("""{"messages": [{"role": "user", "content": "\ud800"}], "max_tokens": 1e999}"""));
        yield return (400, Encoding.UTF8.GetBytes($$"""{"messages": [{"role": "user", "content": "{{string.Concat(Enumerable.Repeat("word ", 500_000))}}"}]}"""));
        yield return (400, []);
        yield return (400, new byte[1000]);
    }

    [Test]
    public async Task Bodies_OfEveryBadKind_AreRefusedWhileTheServerAnswersOthers()
    {
        var http = (await ServedByDefault.GetAsync()).Http;

        var good = Enumerable.Range(0, 4).Select(_ => AskAsync(http)).ToList();
        var bad = await Task.WhenAll(Bodies().Select(body => SendAsync(http, body.Body)));
        await Task.WhenAll(good);

        Assert.That(bad.Select(answer => answer.Status), Is.EqualTo(Bodies().Select(body => body.Status)));
        Assert.That(bad.Select(answer => (string?)answer.Error["type"]), Has.All.EqualTo("invalid_request_error"));
        Assert.That(bad.Select(answer => ((string)answer.Error["message"]!).Length), Has.All.InRange(10, 400));
        await AskAsync(http);
    }

    [TestCase("GET / HTTP/9.9\r\n\r\n")]
    [TestCase("HELLO\r\n\r\n")]
    [TestCase("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n")]
    [TestCase("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n")]
    public async Task Bytes_ThatAreNoHttp_Are400(string bytes)
    {
        var server = await ServedByDefault.GetAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(bytes));

        var answer = await RawAnswer.ReadAsync(socket.GetStream());

        Assert.That(answer.Status, Does.Match("^HTTP/1.1 (400|505) "));
        await AskAsync(server.Http);
    }

    private static async Task AskAsync(HttpClient http)
    {
        var (status, answer) = await http.PostJsonAsync(Chat, JObject.Parse("""{"messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 0}"""));
        Assert.That((status, (string?)answer["choices"]?[0]?["message"]?["content"]), Is.EqualTo((200, "The capital of France is Paris.")));
    }

    private static async Task<(int Status, JObject Error)> SendAsync(HttpClient http, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await http.PostAsync(Chat, content);
        return ((int)response.StatusCode, (JObject)JObject.Parse(await response.Content.ReadAsStringAsync())["error"]!);
    }
}
