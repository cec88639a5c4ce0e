using System.Net.Http.Headers;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Keys, origins and model names.</summary>
[TestFixture]
public sealed class AccessTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => (_server, _) = await TestServer.ScriptAsync(
        (request, _, _) => ScriptedRuntime.Say("hello", request),
        """furiosa { refuse-unknown-models = on, served-model-name = "org/name", http { api-keys = ["one", "two"], allowed-origins = ["https://good.example"] } }""");

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TestCase(null, 401)]
    [TestCase("Bearer", 401)]
    [TestCase("Bearer three", 401)]
    [TestCase("Basic one", 401)]
    [TestCase("Bearer one", 200)]
    [TestCase("bearer two", 200)]
    public async Task Key_Shown_DecidesAccess(string? header, int expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        if (header is not null) request.Headers.TryAddWithoutValidation("Authorization", header);
        using var response = await _server.Http.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        if (expected == 401) Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"invalid_api_key\""));
    }

    [TestCase("/health")]
    [TestCase("/version")]
    public async Task Probes_NeedNoKey(string path)
    {
        var (status, _) = await _server.GetAsync(path);

        Assert.That(status, Is.EqualTo(200));
    }

    [TestCase("https://good.example", true)]
    [TestCase("https://bad.example", false)]
    public async Task Origin_Allowed_IsEchoed(string origin, bool allowed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/chat/completions");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using var response = await _server.Http.SendAsync(request);

        Assert.That(response.Headers.Contains("Access-Control-Allow-Origin"), Is.EqualTo(allowed));
    }

    [TestCase("org/name", 200)]
    [TestCase("EMPTY", 200)]
    [TestCase("", 200)]
    [TestCase("other", 404)]
    public async Task Model_Unknown_Is404WhenAskedFor(string name, int expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "one");
        request.Content = new StringContent($$"""{"model": "{{name}}", "prompt": "a"}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await _server.Http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();

        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        Assert.That(body, Does.Contain(expected == 200 ? "\"model\":\"org/name\"" : "\"code\":\"model_not_found\""));
    }

    [TestCase("org/name", 200)]
    [TestCase("org%2Fname", 200)]
    [TestCase("nope", 404)]
    public async Task Models_ById_KnowsTheServedName(string id, int expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/" + id);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "one");
        using var response = await _server.Http.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
    }
}
