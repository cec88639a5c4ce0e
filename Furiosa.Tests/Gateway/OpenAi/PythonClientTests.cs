using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>The request that Python's AsyncOpenAI 1.58.1 sends for the README's example, replayed.</summary>
[TestFixture]
public sealed class PythonClientTests
{
    [Test]
    public async Task Client_OfPython_StreamsTheDocumentedChat()
    {
        var server = await DemoServer.GetAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        foreach (var (name, value) in new[]
        {
            ("Accept", "application/json"), ("Authorization", "Bearer EMPTY"), ("User-Agent", "AsyncOpenAI/Python 1.58.1"),
            ("X-Stainless-Lang", "python"), ("X-Stainless-Package-Version", "1.58.1"), ("X-Stainless-OS", "Linux"), ("X-Stainless-Arch", "x64"),
            ("X-Stainless-Runtime", "CPython"), ("X-Stainless-Runtime-Version", "3.12.3"), ("X-Stainless-Async", "async:asyncio"), ("X-Stainless-Retry-Count", "0"),
        })
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        request.Content = new StringContent("""{"messages":[{"role":"user","content":"Say this is a test"}],"model":"EMPTY","stream":true}""", Encoding.UTF8, "application/json");
        using var response = await server.Http.SendAsync(request);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal));

        // What the example prints: the content of each chunk's first choice, or nothing.
        var printed = string.Concat(lines.Select(line => (string?)JObject.Parse(line["data: ".Length..])["choices"]![0]!["delta"]!["content"] ?? ""));
        Assert.That(printed, Is.EqualTo("This is a test."));
    }
}
