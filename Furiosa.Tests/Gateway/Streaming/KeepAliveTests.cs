using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Streaming;

/// <summary>Comments break the silence of a stream.</summary>
[TestFixture]
public sealed class KeepAliveTests
{
    [Test]
    public async Task Stream_SilentModel_SendsCommentsUntilItGoesOn()
    {
        var goOn = new TaskCompletionSource();
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => Script(goOn.Task), "furiosa.http.keep-alive-interval = 20 ms");
        await using var _ = server;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent("""{"prompt": "a", "stream": true}""", Encoding.UTF8, "application/json"),
        };
        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        for (var comments = 0; comments < 3;)
        {
            var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.That(line, Is.Empty.Or.StartWith("data: ").Or.EqualTo(": keep-alive"));
            if (line == ": keep-alive") comments++;
        }
        goOn.SetResult();

        Assert.That(await reader.ReadToEndAsync(), Does.EndWith("data: [DONE]\n\n"));
    }

    private static async IAsyncEnumerable<GenerationEvent> Script(Task goOn)
    {
        yield return new GenerationStarted(0);
        yield return ScriptedRuntime.Token(0, 311);
        await goOn;
        yield return new TokensGenerated(0, [], ChoiceFinish.Length, null);
        yield return GenerationCompleted.Instance;
    }
}
