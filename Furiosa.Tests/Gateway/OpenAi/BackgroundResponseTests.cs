using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Responses that go on after they were answered are requests as any other.</summary>
[TestFixture]
public sealed class BackgroundResponseTests
{
    private const string Path = "/v1/responses";

    [Test]
    public async Task Background_Response_IsRecordedAndCountsUntilItHasEnded()
    {
        var go = new TaskCompletionSource();
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.SayAfter(go.Task, "x", request), "furiosa.limits { concurrent-requests = 1, tokens-per-minute = 100000 }");
        await using (server)
        {
            using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };
            var (_, queued) = await server.PostAsync(Path, """{"input": "a", "background": true}""");
            await Wait.UntilAsync(() => !runtime.Requests.IsEmpty);
            var running = (await admin.GetJsonAsync("/admin/api/requests"))["requests"]!.Single();
            var (refused, _) = await server.PostAsync(Path, """{"input": "b"}""");

            go.SetResult();
            using var events = await server.Http.GetAsync($"{Path}/{queued["id"]}?stream=true");
            await events.Content.ReadAsStringAsync();
            var ended = await EndedAsync(admin, (string)running["id"]!);
            var (served, _) = await server.PostAsync(Path, """{"input": "c"}""");
            var metrics = await server.Http.GetStringAsync("/metrics");

            Assert.That(((string?)running["phase"], refused, served), Is.EqualTo(("queued", 429, 200)));
            Assert.That(((int)ended["status"]!, (int)ended["generated_tokens"]!), Is.EqualTo((200, 1)));
            Assert.That(metrics, Does.Contain("vllm:generation_tokens_total{model_name=\"furiosa-demo\",engine=\"0\"} 2"));
        }
    }

    private static async Task<JToken> EndedAsync(HttpClient admin, string id)
    {
        while (true)
        {
            var request = (await admin.GetJsonAsync("/admin/api/requests"))["requests"]!.Single(one => (string?)one["id"] == id);
            if ((string?)request["phase"] == "done") return request;
            await Task.Delay(20);
        }
    }
}
