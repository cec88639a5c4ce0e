using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Bodies that are no request at all: each is a clear error, and the server goes on.</summary>
[TestFixture]
public sealed class BodyTests
{
    private const string Path = "/v1/completions";
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => (_server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("hello", request));

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TearDown]
    public async Task ServerGoesOnAsync()
    {
        var (status, _) = await _server.PostAsync(Path, """{"prompt": "a"}""");
        Assert.That(status, Is.EqualTo(200));
    }

    [TestCase("{")]
    [TestCase("")]
    [TestCase("""{"prompt": 'a'}""")]
    [TestCase("""{"prompt": "a",}""")]
    [TestCase("""{"prompt": "a"} // comment""")]
    [TestCase("""{"prompt": "a"} {}""")]
    [TestCase("""{"prompt": "a", "temperature": NaN}""")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("\"text\"")]
    public async Task Body_NotAJsonObject_Is400(string body)
    {
        var (status, answer) = await _server.PostAsync(Path, body);

        Expect(status, answer, 400, "invalid_json");
    }

    [Test]
    public async Task Body_NumberOfThousandsOfDigits_Is400ThatSaysWhere()
    {
        var (status, answer) = await _server.PostAsync(Path, $"{{\"prompt\": \"a\", \"seed\": {new string('9', 5000)}}}");

        Expect(status, answer, 400, "invalid_json");
        Assert.That((string?)answer["error"]!["message"], Does.Contain("line 1").And.Length.LessThan(200));
    }

    [Test]
    public async Task Body_InvalidUtf8_Is400()
    {
        var (status, answer) = await SendAsync([.. "{\"prompt\": \""u8, 0xC3, 0x28, .. "\"}"u8]);

        Expect(status, answer, 400, "invalid_json");
    }

    [TestCase("""{"prompt": "a", "unknown": """)]
    [TestCase("")]
    public async Task Body_TenThousandDeep_Is400(string start)
    {
        var deep = start + new string('[', 10_000) + new string(']', 10_000) + (start.Length > 0 ? "}" : "");

        var (status, answer) = await _server.PostAsync(Path, deep);

        Expect(status, answer, 400, "invalid_json");
    }

    [Test]
    public async Task Body_ExactlySixtyFourDeep_IsAccepted()
    {
        var (status, _) = await _server.PostAsync(Path, $$"""{"prompt": "a", "unknown": {{new string('[', 63)}}{{new string(']', 63)}}}""");

        Assert.That(status, Is.EqualTo(200));
    }

    [Test]
    public async Task Body_TwentyMegabytes_Is413WithTheEnvelope()
    {
        var (status, answer) = await SendAsync([.. "{\"prompt\": \""u8, .. Enumerable.Repeat((byte)'a', 20_000_000), .. "\"}"u8]);

        Expect(status, answer, 413, "request_too_large");
    }

    [Test]
    public async Task Body_UnknownFields_AreIgnored()
    {
        var (status, _) = await _server.PostAsync(Path, """{"prompt": "a", "no_such_field": {"x": [1]}, "user": "u"}""");

        Assert.That(status, Is.EqualTo(200));
    }

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("application/json; charset=utf-16")]
    public async Task ContentType_NotJson_Is415(string type)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await _server.Http.PostAsync(Path, content);

        Expect((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()), 415, "unsupported_media_type");
    }

    [TestCase("gzip")]
    [TestCase("br")]
    public async Task ContentEncoding_Any_Is415(string encoding)
    {
        using var content = new StringContent("""{"prompt": "a"}""", Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add(encoding);
        using var response = await _server.Http.PostAsync(Path, content);

        Assert.That((int)response.StatusCode, Is.EqualTo(415));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"unsupported_content_encoding\""));
    }

    [TestCase("/v1/models", 200)]
    [TestCase("/health", 200)]
    [TestCase("/v1/models/nope", 404)]
    [TestCase("/v1/chat/completions", 405)]
    public async Task Head_IsGetWithoutTheBody(string path, int expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await _server.Http.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        if (expected == 200) Assert.That(response.Content.Headers.ContentLength, Is.GreaterThan(0));
    }

    [TestCase("/v1/models", "GET, HEAD, OPTIONS")]
    [TestCase("/v1/chat/completions", "POST, OPTIONS")]
    public async Task Options_WithoutAnOrigin_TellsTheMethods(string path, string allowed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        using var response = await _server.Http.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(204));
        Assert.That(string.Join(", ", response.Content.Headers.Allow), Is.EqualTo(allowed));
    }

    [Test]
    public async Task Options_OfTheServer_TellsAllMethods()
    {
        using var client = new TcpClient(_server.Address.Host, _server.Address.Port);
        await client.GetStream().WriteAsync("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        var answer = await RawAnswer.ReadAsync(client.GetStream());

        Assert.That(answer.Status, Does.StartWith("HTTP/1.1 204 "));
        Assert.That(answer.Headers["allow"], Does.Contain("GET").And.Contain("POST"));
    }

    [TestCase("/v1/responses/input_tokens")]
    [TestCase("/v1/responses/compact")]
    public async Task Route_NotServedBelowAnIds_Is404(string path)
    {
        var (status, answer) = await _server.PostAsync(path, "{}");

        Expect(status, answer, 404, "unknown_url");
    }

    [Test]
    public async Task Route_Unknown_Is404()
    {
        var (status, answer) = await _server.GetAsync("/v2/nothing");

        Expect(status, answer, 404, "unknown_url");
    }

    [TestCase("DELETE", Path)]
    [TestCase("GET", "/v1/chat/completions")]
    [TestCase("POST", "/v1/models")]
    [TestCase("POST", "/v1/responses/resp_a_b")]
    public async Task Method_Wrong_Is405WithTheRightOneNamed(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _server.Http.SendAsync(request);

        Expect((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()), 405, "method_not_allowed");
        Assert.That(response.Content.Headers.Allow, Is.Not.Empty);
    }

    [Test]
    public async Task RequestId_OfTheClient_ComesBackAndNamesTheAnswer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent("""{"prompt": "a"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Request-Id", "my-id.7");
        using var response = await _server.Http.SendAsync(request);

        Assert.That(response.Headers.GetValues("X-Request-Id"), Is.EqualTo(new[] { "my-id.7" }));
        Assert.That((string?)JObject.Parse(await response.Content.ReadAsStringAsync())["id"], Is.EqualTo("cmpl-my-id.7"));
    }

    private static void Expect(int status, JObject answer, int expected, string code)
    {
        Assert.That(status, Is.EqualTo(expected), answer.ToString());
        var error = (JObject)answer["error"]!;
        Assert.That(error.Properties().Select(property => property.Name), Is.EqualTo(new[] { "message", "type", "param", "code" }));
        Assert.That((string?)error["code"], Is.EqualTo(code));
        Assert.That((string?)error["type"], Is.EqualTo("invalid_request_error"));
        Assert.That((string?)error["message"], Is.Not.Empty);
    }

    private async Task<(int Status, JObject Answer)> SendAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _server.Http.PostAsync(Path, content);
        return ((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()));
    }
}
