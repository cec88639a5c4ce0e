using System.Net.Http.Headers;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi.Responses;
using Furiosa.Gateway.Streaming;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>What is kept of responses: for whom, and how much.</summary>
[TestFixture]
public sealed class KeptResponseTests
{
    private const string Path = "/v1/responses";

    /// <summary>Ids of items may be chosen by clients, so another client's must neither be read nor come between.</summary>
    [Test]
    public async Task Responses_AndItems_AreOfTheKeyThatMadeThem()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.http.api-keys = [one, two]");
        await using (server)
        {
            var (_, made) = await AskAsync(server, "one", """{"input": [{"role": "user", "content": "secret", "id": "msg_1"}]}""");
            var (shown, _) = await GetAsync(server, "one", $"{Path}/{made["id"]}");
            var (hidden, _) = await GetAsync(server, "two", $"{Path}/{made["id"]}");
            var (forked, _) = await AskAsync(server, "two", $$"""{"input": "go on", "previous_response_id": "{{made["id"]}}"}""");
            var (own, _) = await AskAsync(server, "one", """{"input": [{"type": "item_reference", "id": "msg_1"}]}""");
            var (foreign, error) = await AskAsync(server, "two", """{"input": [{"type": "item_reference", "id": "msg_1"}]}""");
            await AskAsync(server, "two", """{"input": [{"role": "user", "content": "mine", "id": "msg_1"}]}""");
            var (_, again) = await AskAsync(server, "one", """{"input": [{"type": "item_reference", "id": "msg_1"}]}""");
            var (_, items) = await GetAsync(server, "one", $"{Path}/{again["id"]}/input_items");

            Assert.That((shown, hidden, forked, own, foreign), Is.EqualTo((200, 404, 404, 200, 404)));
            Assert.That((string?)error["error"]!["code"], Is.EqualTo("item_not_found"));
            Assert.That((string?)items.SelectToken("data[0].content[0].text"), Is.EqualTo("secret"));
        }
    }

    /// <summary>A store whose responses all still run refuses the next, which leaves nothing behind: neither its turn nor its place.</summary>
    [Test]
    public async Task Create_StoreFullOfRunningOnes_IsRefusedAndGivesItsTurnBack()
    {
        var go = new TaskCompletionSource();
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.SayAfter(go.Task, "x", request), "furiosa { responses.max-entries = 1, limits.concurrent-requests = 2 }");
        await using (server)
        {
            await server.PostAsync(Path, """{"input": "a", "background": true}""");
            await Wait.UntilAsync(() => !runtime.Requests.IsEmpty);
            var refused = new List<int>();
            for (var i = 0; i < 3; i++)
            {
                refused.Add((await server.PostAsync(Path, """{"input": "b", "background": true}""")).Status);
                refused.Add((await server.PostAsync(Path, """{"input": "c"}""")).Status);
            }
            go.SetResult();
            // Until it has ended the next is refused as those were.
            var served = 0;
            await Eventually.IsTrueAsync(async () => (served = (await server.PostAsync(Path, """{"input": "d"}""")).Status) != 503, "the running one has ended");

            Assert.That(refused, Has.All.EqualTo(503));
            Assert.That(served, Is.EqualTo(200));
        }
    }

    /// <summary>As many are kept as the setting says: looking one up must not make room for a next.</summary>
    [Test]
    public async Task Require_StoreOfOne_KeepsTheLast()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.responses.max-entries = 1");
        await using (server)
        {
            var (_, first) = await server.PostAsync(Path, """{"input": "a"}""");
            var (_, second) = await server.PostAsync(Path, """{"input": "b"}""");
            var found = new List<int>();
            foreach (var id in new[] { second["id"], first["id"] }) found.Add((await server.GetAsync($"{Path}/{id}")).Status);

            Assert.That(found, Is.EqualTo([200, 404]));
        }
    }

    /// <summary>A short expression may make a grammar of megabytes, which is kept as long as the response.</summary>
    [TestCase("[ab]*", 200)]
    [TestCase("[ab]*a[ab]{12}", 404)]
    public async Task Require_GrammarLargerThanTheStore_IsNotKept(string pattern, int status)
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.responses.max-size = 64 KiB");
        await using (server)
        {
            var schema = new JObject { ["type"] = "string", ["pattern"] = $"^{pattern}$" };
            var (_, response) = await server.PostAsync(Path, new JObject
            {
                ["input"] = "a", ["text"] = new JObject { ["format"] = new JObject { ["type"] = "json_schema", ["name"] = "text", ["schema"] = schema } },
            }.ToString());

            Assert.That((await server.GetAsync($"{Path}/{response["id"]}")).Status, Is.EqualTo(status), response.ToString());
        }
    }

    /// <summary>What the answer was restricted to is kept with it, though the response does not show it.</summary>
    [TestCase(1, 200)]
    [TestCase(8_000, 404)]
    public async Task Require_SettingsLargerThanTheStore_AreNotKept(int tokens, int status)
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.responses.max-size = 32 KiB");
        await using (server)
        {
            var (_, response) = await server.PostAsync(Path, new JObject { ["input"] = "a", ["allowed_token_ids"] = new JArray(Enumerable.Range(0, tokens)) }.ToString());

            Assert.That((await server.GetAsync($"{Path}/{response["id"]}")).Status, Is.EqualTo(status), response.ToString());
        }
    }

    [Test]
    public void Weight_OfAnItem_CountsItsTokensWithTheirAlternatives()
    {
        var item = new ResponseItem(ResponseItemKind.Message, "msg_1");
        item.Append("text");
        var before = item.Bytes;
        item.Tokens.Add(new TokenEntry(1, 0, -1, [.. Enumerable.Repeat(new TokenAlternative(1, -1), 20)]));

        Assert.That(item.Bytes - before, Is.AtLeast(20 * 8));
    }

    /// <summary>References are short whatever they refer to: all that they bring in is bounded as a body is.</summary>
    [TestCase(1, 200)]
    [TestCase(2, 400)]
    [TestCase(1000, 400)]
    public async Task Create_ReferencesToMoreThanABodyMayHave_Is400(int references, int status)
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.http.max-body-size = 64 KiB");
        await using (server)
        {
            await server.PostAsync(Path, new JObject { ["input"] = new JArray(Large("msg_a")) }.ToString());
            var (answered, answer) = await server.PostAsync(Path, new JObject { ["input"] = new JArray(Enumerable.Repeat(Reference("msg_a"), references)) }.ToString());

            Assert.That(answered, Is.EqualTo(status), answer.ToString());
            if (status == 400) Assert.That((string?)answer["error"]!["param"], Is.EqualTo("input"));
        }

        // What the model does not see is kept as well.
        static JObject Large(string id) => new() { ["id"] = id, ["role"] = "user", ["content"] = "a", ["unknown"] = new string('x', 40_000) };
        static JObject Reference(string id) => new() { ["type"] = "item_reference", ["id"] = id };
    }

    /// <summary>The gateway that keeps them counts too, before it writes them.</summary>
    [Test]
    public async Task Create_ReferencesToManyLargeItems_Is400()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.http.max-body-size = 64 KiB");
        await using (server)
        {
            foreach (var id in new[] { "msg_a", "msg_b" })
                await server.PostAsync(Path, new JObject { ["input"] = new JArray(new JObject { ["id"] = id, ["role"] = "user", ["content"] = "a", ["unknown"] = new string('x', 40_000) }) }.ToString());
            var (status, answer) = await server.PostAsync(Path, """{"input": [{"type": "item_reference", "id": "msg_a"}, {"type": "item_reference", "id": "msg_b"}]}""");

            Assert.That(status, Is.EqualTo(400), answer.ToString());
            Assert.That((string?)answer["error"]!["message"], Does.Contain("65536 bytes"));
        }
    }

    /// <summary>Who waits for a whole response gets an error as from any endpoint; who has been told of it before finds it there.</summary>
    [TestCase("""{"input": "a"}""", 503)]
    [TestCase("""{"input": "a", "store": false}""", 503)]
    [TestCase("""{"input": "a", "stream": true}""", 200)]
    [TestCase("""{"input": "a", "background": true, "stream": true}""", 200)]
    public async Task Create_FailureAfterTheFirstToken_HasItsStatusWhereNothingWasSent(string body, int status)
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => ScriptedRuntime.Fail(FailureKind.Unavailable, 2));
        await using (server)
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            using var response = await server.Http.PostAsync(Path, content);
            var text = await response.Content.ReadAsStringAsync();

            Assert.That((int)response.StatusCode, Is.EqualTo(status), text);
            Assert.That(text, status == 200 ? Does.Contain("event: response.failed") : Does.Contain("as scripted").And.Contain("\"code\""));
        }
    }

    [Test]
    public void Messages_ReasoningInSeveralItems_KeepsAllOfIt()
    {
        var messages = ResponseInput.Messages(
        [
            JObject.Parse("""{"type": "reasoning", "summary": [{"type": "summary_text", "text": "first"}]}"""),
            JObject.Parse("""{"type": "reasoning", "summary": [{"type": "summary_text", "text": "second"}]}"""),
            JObject.Parse("""{"role": "assistant", "content": "b"}"""),
        ]);

        Assert.That(messages.Single()["reasoning"]!.ToString(), Is.EqualTo("first\nsecond"));
    }

    /// <summary>A list of zeros takes fifty times its text.</summary>
    [TestCase("[0,0,0,0,0,0,0,0]", 9 * 96)]
    [TestCase("""{"name": "value"}""", (3 * 96) + (2 * 9))]
    public void Weight_OfJson_CountsWhatItTakes(string json, int bytes) => Assert.That(JsonWeight.Of((JContainer)JToken.Parse(json)), Is.EqualTo(bytes));

    private static Task<(int Status, JObject Body)> AskAsync(TestServer server, string key, string body) =>
        SendAsync(server, key, new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") });

    private static Task<(int Status, JObject Body)> GetAsync(TestServer server, string key, string path) => SendAsync(server, key, new HttpRequestMessage(HttpMethod.Get, path));

    private static async Task<(int Status, JObject Body)> SendAsync(TestServer server, string key, HttpRequestMessage message)
    {
        using (message)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var answer = await server.Http.SendAsync(message);
            return ((int)answer.StatusCode, JObject.Parse(await answer.Content.ReadAsStringAsync()));
        }
    }
}
