using Furiosa.Gateway.OpenAi.Responses;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary><c>/v1/responses</c> on the bundled model.</summary>
[TestFixture]
public sealed class ResponseTests
{
    private const string Path = "/v1/responses";
    private const string Question = """ "input": "What is the capital of France?", "temperature": 0 """;
    private const string Tools = """ "tools": [{"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}] """;
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

    [Test]
    public async Task Create_Question_AnswersWithAWholeResponse()
    {
        var response = await CreateAsync("{" + Question + """, "instructions": "Be brief.", "metadata": {"a": "b"}, "user": "me" }""");

        Assert.That((string?)response["object"], Is.EqualTo("response"));
        Assert.That((string?)response["id"], Does.Match("^resp_[0-9a-f]+_[0-9a-f]{32}$"));
        Assert.That((string?)response["status"], Is.EqualTo("completed"));
        Assert.That((string?)response["model"], Is.EqualTo("furiosa-demo"));
        Assert.That((string?)response["instructions"], Is.EqualTo("Be brief."));
        Assert.That((string?)response["metadata"]!["a"], Is.EqualTo("b"));
        var item = response["output"]!.Single();
        Assert.That((string?)item["type"], Is.EqualTo("message"));
        Assert.That((string?)item["status"], Is.EqualTo("completed"));
        Assert.That((string?)item["content"]![0]!["type"], Is.EqualTo("output_text"));
        Assert.That((string?)item["content"]![0]!["text"], Is.Not.Empty);
        var usage = response["usage"]!;
        Assert.That((int)usage["total_tokens"]!, Is.EqualTo((int)usage["input_tokens"]! + (int)usage["output_tokens"]!));
    }

    [TestCase(""" "ignore_eos": true """, "ignore_eos")]
    [TestCase(""" "min_tokens": 5 """, "min_tokens")]
    [TestCase(""" "bad_words": ["x"] """, "bad_words")]
    [TestCase(""" "guided_regex": "a" """, "guided_regex")]
    public async Task Create_FormatWithWhatItCannotHave_IsRefusedByItsOwnName(string field, string param)
    {
        var (status, refused) = await _server.PostAsync(Path, $$$"""{"input": "a", "text": {"format": {"type": "json_object"}}, {{{field}}}}""");

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)refused.SelectToken("error.param"), Is.EqualTo(param));
        Assert.That((string?)refused.SelectToken("error.message"), Does.Contain("'text.format'").And.Not.Contain("response_format"));
    }

    [TestCase("""{"input": "What is the capital of France?", "temperature": 0}""")]
    [TestCase("""{"input": [{"role": "user", "content": [{"type": "input_text", "text": "What is the capital of France?"}]}], "temperature": 0, "include": ["message.output_text.logprobs"], "top_logprobs": 2}""")]
    [TestCase("""{"input": "What is the weather in Paris?", "temperature": 0, "tools": [{"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]}""")]
    [TestCase("""{"input": "Write.", "seed": 4, "max_output_tokens": 5}""")]
    [TestCase("""{"input": "Write.", "seed": 4, "max_output_tokens": 200, "text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 5}}, "required": ["a"], "additionalProperties": false}}}}""")]
    public async Task Create_Streamed_TellsTypedEventsInOrderAndEndsAsTheWhole(string body)
    {
        var whole = await CreateAsync(body);
        var events = await StreamAsync(body);

        Assert.That(events.Select(e => (int)e["sequence_number"]!), Is.EqualTo(Enumerable.Range(0, events.Count)));
        Assert.That(events.Take(2).Select(e => (string?)e["type"]), Is.EqualTo(new[] { "response.created", "response.in_progress" }));
        Assert.That((string?)events[^1]["type"], Is.EqualTo("response." + whole["status"]));
        var final = (JObject)events[^1]["response"]!;
        Assert.That(Comparable(final), Is.EqualTo(Comparable(whole)));
        var items = (JArray)final["output"]!;
        for (var i = 0; i < items.Count; i++) CheckItem([.. events.Where(e => (int?)e["output_index"] == i)], (JObject)items[i]);
        Assert.That(events.Skip(2).SkipLast(1).Select(e => (int)e["output_index"]!), Is.Ordered);
    }

    [Test]
    public async Task Create_WithPreviousResponse_GoesOnWithTheConversation()
    {
        var first = await CreateAsync("""{"input": "What is the weather in Paris?", "temperature": 0, """ + Tools + "}");
        var call = first["output"]!.Single(item => (string?)item["type"] == "function_call");
        Assert.That((string?)JObject.Parse((string)call["arguments"]!)["city"], Is.EqualTo("Paris"));

        var second = await CreateAsync(new JObject
        {
            ["input"] = new JArray(new JObject { ["type"] = "function_call_output", ["call_id"] = call["call_id"]!.DeepClone(), ["output"] = "18 degrees and sunny" }),
            ["temperature"] = 0,
            ["previous_response_id"] = first["id"]!.DeepClone(),
            ["tools"] = first["tools"]!.DeepClone(),
        }.ToString());
        var alone = await CreateAsync(new JObject
        {
            ["input"] = new JArray(
                new JObject { ["role"] = "user", ["content"] = "What is the weather in Paris?" },
                call.DeepClone(),
                new JObject { ["type"] = "function_call_output", ["call_id"] = call["call_id"]!.DeepClone(), ["output"] = "18 degrees and sunny" }),
            ["temperature"] = 0,
            ["tools"] = first["tools"]!.DeepClone(),
        }.ToString());

        Assert.That(Text(second), Is.EqualTo(Text(alone)).And.Not.Empty);
        Assert.That((string?)second["previous_response_id"], Is.EqualTo((string?)first["id"]));
    }

    [Test]
    public async Task Show_Stored_IsTheSameUntilItIsDeleted()
    {
        var response = await CreateAsync("{" + Question + "}");
        var path = $"{Path}/{response["id"]}";

        Assert.That((await _server.GetAsync(path)).Body, Is.EqualTo(response).Using(JToken.EqualityComparer));
        var items = (await _server.GetAsync(path + "/input_items")).Body;
        Assert.That((string?)items["data"]!.Single()["content"]![0]!["text"], Is.EqualTo("What is the capital of France?"));
        Assert.That((bool)items["has_more"]!, Is.False);
        var (status, refused) = await _server.GetAsync(path + "/input_items?after=msg_none");
        Assert.That((status, (string?)refused["error"]!["param"]), Is.EqualTo((400, "after")));
        using var deleted = await _server.Http.DeleteAsync(path);
        Assert.That((bool)JObject.Parse(await deleted.Content.ReadAsStringAsync())["deleted"]!, Is.True);
        await ExpectGoneAsync(path, "deleted");
    }

    [Test]
    public async Task Show_NotStored_Is404()
    {
        var response = await CreateAsync("{" + Question + """, "store": false }""");
        await ExpectGoneAsync($"{Path}/{response["id"]}", "never stored");
        await ExpectGoneAsync($"{Path}/resp_ffffffffffff_{new string('0', 32)}", "another gateway");
        await ExpectGoneAsync($"{Path}/nonsense", "no id");
        var (status, answer) = await _server.PostAsync(Path, $$"""{"input": "a", "previous_response_id": "{{response["id"]}}"}""");
        Assert.That(status, Is.EqualTo(404));
        Assert.That((string?)answer["error"]!["param"], Is.EqualTo("previous_response_id"));
    }

    [Test]
    public async Task Background_Response_IsQueuedThenCompletedAndCanBeReplayed()
    {
        var queued = await CreateAsync("{" + Question + """, "background": true }""");
        Assert.That((string?)queued["status"], Is.AnyOf("queued", "in_progress", "completed"));
        var path = $"{Path}/{queued["id"]}";

        await Eventually.IsTrueAsync(async () => (string?)(await _server.GetAsync(path)).Body["status"] == "completed", "the response's end");
        var events = Events(await _server.Http.GetStringAsync(path + "?stream=true"));
        var rest = Events(await _server.Http.GetStringAsync(path + "?stream=true&starting_after=2"));

        Assert.That((string?)events[0]["type"], Is.EqualTo("response.created"));
        Assert.That((string?)events[^1]["type"], Is.EqualTo("response.completed"));
        Assert.That(rest, Is.EqualTo(events.Skip(3)).Using(JToken.EqualityComparer));
    }

    [Test]
    public async Task Cancel_Background_EndsIt()
    {
        var (server, runtime) = await TestServer.ScriptAsync((_, _, aborted) => ScriptedRuntime.Endless(aborted));
        await using var _ = server;
        var (_, queued) = await server.PostAsync(Path, """{"input": "a", "background": true}""");
        await Eventually.IsTrue(() => runtime.EventCount > 1, "tokens come");

        var (status, cancelled) = await server.PostAsync($"{Path}/{queued["id"]}/cancel", "{}");

        Assert.That(status, Is.EqualTo(200), cancelled.ToString());
        Assert.That((string?)cancelled["status"], Is.EqualTo("cancelled"));
        await runtime.Aborted.Task.WaitAsync(Patience.Longest);
    }

    [Test]
    public async Task Stream_FailureInMidStream_IsAFailedResponse()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => ScriptedRuntime.Fail(Furiosa.Actors.Protocol.FailureKind.ComputeFault, 3));
        await using var _ = server;
        var events = Events(await (await server.Http.PostAsync(Path, Json("""{"input": "a", "stream": true}"""))).Content.ReadAsStringAsync());

        Assert.That((string?)events[^1]["type"], Is.EqualTo("response.failed"));
        Assert.That((string?)events[^1]["response"]!["error"]!["code"], Is.EqualTo("server_error"));
    }

    [TestCase("""{}""", "input")]
    [TestCase("""{"input": ""}""", "input")]
    [TestCase("""{"input": []}""", "input")]
    [TestCase("""{"input": [1]}""", "input")]
    [TestCase("""{"input": [{"role": "pirate", "content": "a"}]}""", "input")]
    [TestCase("""{"input": [{"role": "user"}]}""", "input")]
    [TestCase("""{"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "http://x"}]}]}""", "input")]
    [TestCase("""{"input": [{"type": "web_search_call", "id": "a"}]}""", "input")]
    [TestCase("""{"input": "a", "max_output_tokens": 0}""", "max_output_tokens")]
    [TestCase("""{"input": "a", "temperature": 3}""", "temperature")]
    [TestCase("""{"input": "a", "tools": [{"type": "web_search"}]}""", "tools[0].type")]
    [TestCase("""{"input": "a", "tools": [{"type": "function", "name": "a b"}]}""", "tools[0].name")]
    [TestCase("""{"input": "a", "tool_choice": "required"}""", "tool_choice")]
    [TestCase("""{"input": "a", "text": {"format": {"type": "json_schema"}}}""", "text.format")]
    [TestCase("""{"input": "a", "text": {"format": {}}}""", "text.format")]
    [TestCase("""{"input": "a", "truncation": "some"}""", "truncation")]
    [TestCase("""{"input": "a", "prompt": {"id": "p"}}""", "prompt")]
    [TestCase("""{"input": "a", "context_management": [{"type": "compaction"}]}""", "context_management")]
    [TestCase("""{"input": "a", "include": ["nonsense"]}""", "include[0]")]
    [TestCase("""{"input": "a", "reasoning": {"effort": "silly"}}""", "reasoning.effort")]
    [TestCase("""{"input": "a", "service_tier": 1}""", "service_tier")]
    [TestCase("""{"input": [{"type": "item_reference"}]}""", "input[0].id")]
    [TestCase("""{"input": "a", "metadata": {"a": 1}}""", "metadata")]
    [TestCase("""{"input": "a", "store": false, "background": true}""", "background")]
    [TestCase("""{"input": "a", "n": 2}""", "n")]
    [TestCase("""{"input": "a", "conversation": "c"}""", "conversation")]
    [TestCase("""{"input": "a", "top_logprobs": 21}""", "top_logprobs")]
    [TestCase("""{"input": "a", "reasoning": {"effort": 1}}""", "reasoning.effort")]
    [TestCase("""{"input": "a", "include": [1]}""", "include")]
    [TestCase("""{"input": "a", "stream": 1}""", "stream")]
    public async Task Create_BadField_Is400NamingIt(string body, string param)
    {
        var (status, answer) = await _server.PostAsync(Path, body);

        Assert.That(status, Is.EqualTo(400), answer.ToString());
        Assert.That((string?)answer["error"]!["param"], Does.StartWith(param), answer.ToString());
    }

    /// <summary>What clients send that keep no history of their own but the ids.</summary>
    [Test]
    public async Task Create_ReferencesToItems_GoesOnAsWithTheItems()
    {
        var asked = await CreateAsync($$"""{ "input": "What is the weather in Paris?", "temperature": 0, {{Tools}} }""");
        var call = (JObject)asked["output"]!.Single();
        var (_, listed) = await _server.GetAsync($"{Path}/{asked["id"]}/input_items");
        var output = new JObject { ["type"] = "function_call_output", ["call_id"] = call["call_id"], ["output"] = """{"temperature": 21}""" };
        JObject Body(params object[] input) => new() { ["input"] = new JArray(input), ["temperature"] = 0, ["tools"] = JObject.Parse("{" + Tools + "}")["tools"] };

        var inline = await CreateAsync(Body(new JObject { ["role"] = "user", ["content"] = "What is the weather in Paris?" }, call, output).ToString());
        var byId = await CreateAsync(Body(
            new JObject { ["type"] = "item_reference", ["id"] = listed["data"]![0]!["id"] }, new JObject { ["id"] = call["id"] }, output).ToString());

        Assert.That(Text(byId), Is.EqualTo(Text(inline)).And.Not.Empty);
        Assert.That((int)byId["usage"]!["input_tokens"]!, Is.EqualTo((int)inline["usage"]!["input_tokens"]!));
    }

    [Test]
    public async Task Create_ReferenceToNothing_Is404NamingIt()
    {
        var (status, answer) = await _server.PostAsync(Path, """{"input": [{"role": "user", "content": "a"}, {"type": "item_reference", "id": "msg_nobody_1"}]}""");

        Assert.That(status, Is.EqualTo(404));
        Assert.That((string?)answer["error"]!["param"], Is.EqualTo("input[1]"));
        Assert.That((string?)answer["error"]!["code"], Is.EqualTo("item_not_found"));
    }

    [Test]
    public async Task Create_TooLongWithTruncationAuto_LeavesOutTheOldestTurnsAlone()
    {
        var turns = Enumerable.Range(0, 12).SelectMany(i => new[] { Message("user", $"Turn {i}: " + string.Concat(Enumerable.Repeat("hello ", 250))), Message("assistant", "Yes.") });
        JObject Body(IEnumerable<JObject> input, string truncation) => new() { ["instructions"] = "Be brief.", ["input"] = new JArray(input), ["truncation"] = truncation, ["temperature"] = 0, ["max_output_tokens"] = 8 };
        var whole = turns.Append(Message("user", "What is the capital of France?")).ToList();

        var (_, refused) = await _server.PostAsync(Path, Body(whole, "disabled").ToString());
        var cut = await CreateAsync(Body(whole, "auto").ToString());

        Assert.That((string?)refused["error"]!["code"], Is.EqualTo("context_length_exceeded"), refused.ToString());
        Assert.That((string?)refused["error"]!["message"], Does.Contain("in the input"));
        Assert.That((string?)cut["truncation"], Is.EqualTo("auto"));
        // The longest end of the conversation that is taken by itself.
        for (var kept = whole.Count - 2; ; kept -= 2)
        {
            Assert.That(kept, Is.GreaterThan(0));
            var (status, answer) = await _server.PostAsync(Path, Body(whole.TakeLast(kept), "disabled").ToString());
            if (status == 400) continue;
            Assert.That((int)cut["usage"]!["input_tokens"]!, Is.EqualTo((int)answer["usage"]!["input_tokens"]!), $"{kept} messages fit");
            Assert.That(Text(cut), Is.EqualTo(Text(answer)));
            return;
        }
    }

    [Test]
    public async Task Create_LastTurnTooLongByItself_IsRefusedAlsoWithTruncation()
    {
        var (status, answer) = await _server.PostAsync(Path, new JObject { ["input"] = string.Concat(Enumerable.Repeat("hello ", 4000)), ["truncation"] = "auto" }.ToString());

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)answer["error"]!["code"], Is.EqualTo("context_length_exceeded"));
    }

    private static JObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };

    [Test]
    public void GatewayOf_Ids_IsTheGatewayThatMadeThem()
    {
        Assert.That(ResponseIds.GatewayOf(new ResponseIds(() => "abc").NewItem("msg")), Is.EqualTo("abc"));
        Assert.That(ResponseIds.GatewayOf(new ResponseIds(() => "abc").New()), Is.EqualTo("abc"));
        Assert.That(ResponseIds.GatewayOf("chatcmpl-1"), Is.Null);
    }

    private static void CheckItem(List<JObject> events, JObject item)
    {
        var kind = (string?)item["type"];
        var part = kind != "function_call";
        var delta = kind switch { "message" => "response.output_text", "reasoning" => "response.reasoning_text", _ => "response.function_call_arguments" };
        string[] before = part ? ["response.output_item.added", "response.content_part.added"] : ["response.output_item.added"];
        string[] after = part ? [delta + ".done", "response.content_part.done", "response.output_item.done"] : [delta + ".done", "response.output_item.done"];
        var types = events.Select(e => (string?)e["type"]).ToList();
        Assert.That(types.Take(before.Length), Is.EqualTo(before));
        Assert.That(types.TakeLast(after.Length), Is.EqualTo(after));
        Assert.That(types.Skip(before.Length).SkipLast(after.Length), Is.All.EqualTo(delta + ".delta"));
        var text = string.Concat(events.Where(e => (string?)e["type"] == delta + ".delta").Select(e => (string?)e["delta"]));
        Assert.That(text, Is.EqualTo((string?)(part ? item["content"]![0]!["text"] : item["arguments"])));
        Assert.That(events.Skip(1).SkipLast(1).Select(e => (string?)e["item_id"]), Is.All.EqualTo((string?)item["id"]));
        Assert.That(events[^1]["item"], Is.EqualTo(item).Using(JToken.EqualityComparer));
        Assert.That((string?)events[0]["item"]!["status"], Is.EqualTo("in_progress"));
    }

    // Ids and times differ between two responses.
    private static string Comparable(JObject response)
    {
        var copy = (JObject)response.DeepClone();
        foreach (var name in new[] { "id", "created_at", "completed_at" }) copy.Remove(name);
        ((JObject)copy["usage"]!).Remove("input_tokens_details");
        foreach (var item in copy["output"]!.Cast<JObject>())
        {
            item.Remove("id");
            item.Remove("call_id");
        }
        return copy.ToString();
    }

    private static string Text(JObject response) => string.Concat(response.SelectTokens("output[*].content[*].text").Select(text => (string?)text));

    private async Task ExpectGoneAsync(string path, string reason)
    {
        var (status, answer) = await _server.GetAsync(path);
        Assert.That(status, Is.EqualTo(404));
        Assert.That((string?)answer["error"]!["code"], Is.EqualTo("response_not_found"));
        Assert.That((string?)answer["error"]!["message"], Does.Contain(reason));
    }

    private async Task<JObject> CreateAsync(string body)
    {
        var (status, answer) = await _server.PostAsync(Path, Bounded(body).ToString());
        Assert.That(status, Is.EqualTo(200), answer.ToString());
        return answer;
    }

    private async Task<List<JObject>> StreamAsync(string body)
    {
        var streamed = Bounded(body);
        streamed["stream"] = true;
        using var response = await _server.Http.PostAsync(Path, Json(streamed.ToString()));
        return Events(await response.Content.ReadAsStringAsync());
    }

    // The bundled model may talk on to the end of its context.
    private static JObject Bounded(string body)
    {
        var bounded = JObject.Parse(body);
        bounded["max_output_tokens"] ??= 40;
        return bounded;
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    private static List<JObject> Events(string stream)
    {
        var events = new List<JObject>();
        foreach (var frame in stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = frame.Split('\n');
            Assert.That(lines, Has.Length.EqualTo(2), frame);
            var data = JObject.Parse(lines[1]["data: ".Length..]);
            Assert.That(lines[0], Is.EqualTo($"event: {data["type"]}"));
            events.Add(data);
        }
        return events;
    }
}
