using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Every field with every kind of value, and broken bodies: an answer or a clear refusal, never a failure or silence.</summary>
[TestFixture]
public sealed class FieldFuzzTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string[] Odd =
    [
        "null", "true", "false", "0", "-1", "1", "1.5", "1e300", "-9223372036854775808", "99999999999999999999999", "\"\"", "\"x\"", "\"\\u0000\\ud83d\\ude00\"",
        "[]", "[null]", "[1]", "[\"x\"]", "[[1]]", "[{}]", "{}", "{\"type\": \"x\"}", "{\"a\": {\"b\": [1, {\"c\": null}]}}",
    ];

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["/v1/chat/completions"] = """
            {"model": "EMPTY", "messages": [{"role": "system", "content": "s", "name": "x"}, {"role": "user", "content": [{"type": "text", "text": "a"}]},
             {"role": "assistant", "content": "b", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "d"}],
             "max_tokens": 2, "max_completion_tokens": 2, "logprobs": true, "top_logprobs": 1, "tool_choice": "auto", "parallel_tool_calls": true,
             "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}], "chat_template_kwargs": {"a": 1}}
            """,
        ["/v1/completions"] = """{"model": "EMPTY", "prompt": ["a", [300, 301]], "max_tokens": 2, "logprobs": 1, "echo": true}""",
        ["/v1/responses"] = """
            {"model": "EMPTY", "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}, {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
             {"type": "function_call_output", "call_id": "c", "output": "d"}, {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}]}], "instructions": "s", "max_output_tokens": 2,
             "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": false}], "tool_choice": "auto", "text": {"format": {"type": "text"}, "verbosity": "low"},
             "reasoning": {"effort": "low", "summary": null}, "include": ["message.output_text.logprobs"], "metadata": {"a": "b"}, "store": false, "truncation": "disabled", "background": false}
            """,
        ["/v1/embeddings"] = """{"model": "EMPTY", "input": ["a", [300]], "dimensions": 4, "encoding_format": "float", "normalize": true, "pooling": "mean", "truncate_prompt_tokens": 4}""",
        ["/tokenize"] = """{"prompt": "a", "add_special_tokens": true, "return_token_strs": true}""",
        ["/detokenize"] = """{"tokens": [300, 301], "skip_special_tokens": true}""",
    };

    // Beside those of the tables, added one at a time.
    private static readonly string[] Unlisted =
    [
        "n", "top_k", "seed", "stop", "response_format", "structured_outputs", "guided_json", "functions", "function_call", "previous_response_id", "conversation", "grammar", "json_schema",
        "include_reasoning", "reasoning_effort", "continue_final_message", "prompt_embeds", "documents",
    ];

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync("furiosa { reasoning-parser = qwen3, tool-call-parser = hermes }");

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        try
        {
            await Eventually.IsTrueAsync(
                async () => (await _server.GetAsync("/health")).Body is var health && (int)health["running"]! == 0 && (int)health["waiting"]! == 0, "the server is idle again");
        }
        finally
        {
            await _server.DisposeAsync();
        }
    }

    [TestCase("/v1/chat/completions")]
    [TestCase("/v1/completions")]
    [TestCase("/v1/responses")]
    [TestCase("/v1/embeddings")]
    [TestCase("/tokenize")]
    [TestCase("/detokenize")]
    public async Task Field_AnyValue_IsAnsweredOrRefused(string path)
    {
        var body = JObject.Parse(Bodies[path]);
        var generates = path is "/v1/chat/completions" or "/v1/completions" or "/v1/responses";
        string[] more = [.. FieldTableTests.FieldsOf(path).Union(generates ? Unlisted : []).Where(field => !body.ContainsKey(field))];
        var bodies = Mutations(body, more);

        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (body, _) => await CheckAsync(path, Encoding.UTF8.GetBytes(body)));
    }

    [TestCase("/v1/chat/completions")]
    [TestCase("/v1/responses")]
    public async Task Body_SpoiltBytes_IsAnsweredOrRefused(string path)
    {
        var random = new Random(20261128);
        var bodies = Enumerable.Range(0, 300).Select(_ => Spoil(Encoding.UTF8.GetBytes(Bodies[path]), random)).ToList();

        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (body, _) => await CheckAsync(path, body));
    }

    // Each place has a third of the values, its neighbours the others: there are thousands of pairs.
    private static IEnumerable<string> Mutations(JObject body, string[] more)
    {
        var turn = 0;
        foreach (var place in body.Descendants().OfType<JValue>().Cast<JToken>().Concat(body.Descendants().OfType<JContainer>().Where(token => token is not JProperty)).Select(token => token.Path).ToList())
        {
            foreach (var odd in Share(turn++))
            {
                var copy = (JObject)body.DeepClone();
                copy.SelectToken(place)!.Replace(Parse(odd));
                yield return copy.ToString(Formatting.None);
            }
        }
        foreach (var name in more)
        {
            foreach (var odd in Share(turn++))
            {
                var copy = (JObject)body.DeepClone();
                copy[name] = Parse(odd);
                yield return copy.ToString(Formatting.None);
            }
        }
    }

    private static IEnumerable<string> Share(int turn) => Odd.Where((_, i) => i % 3 == turn % 3);

    private static byte[] Spoil(byte[] body, Random random)
    {
        for (var flips = random.Next(1, 4); flips > 0; flips--) body[random.Next(body.Length)] = (byte)random.Next(256);
        return random.Next(3) == 0 ? body[..random.Next(body.Length)] : body;
    }

    private static JToken Parse(string json) => JToken.ReadFrom(new JsonTextReader(new StringReader(json)));

    private async Task CheckAsync(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var response = await _server.Http.PostAsync(path, content).WaitAsync(Patience);
        var text = await response.Content.ReadAsStringAsync();
        var status = (int)response.StatusCode;
        if (status == 200) return;
        Assert.That(status, Is.InRange(400, 499), $"{Encoding.UTF8.GetString(body)} {text}");
        Assert.That((string?)JObject.Parse(text)["error"]!["message"], Is.Not.Empty.And.Not.Contains("Exception"), Encoding.UTF8.GetString(body));
    }
}
