using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>Every request comes to the same message streamed and not.</summary>
[TestFixture]
public sealed class StreamedAlikeTests
{
    private const string Tool = """ "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}] """;
    private const string Ask = """ "messages": [{"role": "user", "content": "What is the weather in Paris?"}] """;
    private const string Talk = """ "messages": [{"role": "user", "content": "What is the capital of France?"}] """;

    private static readonly string[] Chats =
    [
        Talk + """, "temperature": 0""",
        Talk + """, "temperature": 1.5, "seed": 1, "n": 3, "max_tokens": 30""",
        Talk + """, "temperature": 2, "seed": 2, "logprobs": true, "top_logprobs": 3, "max_tokens": 40, "return_token_ids": true""",
        Talk + """, "temperature": 2, "seed": 3, "logprobs": true, "max_tokens": 60, "stop": ["e", "is a"]""",
        Talk + """, "temperature": 2, "seed": 4, "max_tokens": 60, "stop": "a", "include_stop_str_in_output": true""",
        Talk + """, "seed": 5, "max_tokens": 1""",
        Talk + """, "temperature": 0, "ignore_eos": true, "max_tokens": 25, "skip_special_tokens": false""",
        Talk + """, "temperature": 0, "stop_token_ids": [300, 301, 302, 303, 304], "max_tokens": 30""",
        Talk + """, "temperature": 2, "seed": 6, "max_tokens": 30, "bad_words": ["e"]""",
        Talk + """, "temperature": 2, "seed": 7, "max_tokens": 200, "response_format": {"type": "json_object"}""",
        Talk + """, "temperature": 2, "seed": 8, "max_tokens": 50, "structured_outputs": {"regex": "[a-c]{3,9}"}""",
        Talk + """, "messages": [{"role": "user", "content": "Capital?"}, {"role": "assistant", "content": "It is "}], "temperature": 0, "continue_final_message": true, "max_tokens": 10""",
        Ask + """, "temperature": 0, """ + Tool,
        Ask + """, "temperature": 1, "seed": 9, "n": 2, "tool_choice": "required", "max_tokens": 80, """ + Tool,
        Ask + """, "temperature": 1, "seed": 9, "tool_choice": {"type": "function", "function": {"name": "get_weather"}}, "max_tokens": 80, "logprobs": true, """ + Tool,
        Ask + """, "temperature": 0, "parallel_tool_calls": false, """ + Tool,
        Ask + """, "temperature": 0, "tool_choice": "none", "max_tokens": 30, """ + Tool,
        Ask + """, "temperature": 2, "seed": 10, "max_tokens": 60, "parallel_tool_calls": false, """ + Tool.Replace("\"name\"", "\"strict\": true, \"name\"", StringComparison.Ordinal),
        Ask + """, "temperature": 2, "seed": 11, "max_tokens": 60, "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}}, """ + Tool,
        Talk + """, "temperature": 2, "seed": 12, "n": 2, "max_tokens": 90, "logprobs": true, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 8}}, "required": ["a"]}}}""",
        Talk + """, "temperature": 2, "seed": 13, "max_tokens": 60, "structured_outputs": {"structural_tag": {"format": {"type": "tag", "begin": "<a>", "content": {"type": "regex", "pattern": "[é🎉x]{1,9}"}, "end": "</a>"}}}""",
        Ask + """, "temperature": 0, "functions": [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]""",
    ];

    private static readonly string[] Completions =
    [
        """ "prompt": "The capital of France is", "temperature": 0, "max_tokens": 8 """,
        """ "prompt": ["The capital", "Once upon", "The capital"], "n": 2, "seed": 1, "temperature": 1.5, "max_tokens": 20, "logprobs": 2 """,
        """ "prompt": "The capital of France is", "echo": true, "logprobs": 1, "temperature": 0, "max_tokens": 5 """,
        """ "prompt": "The capital of France is", "echo": true, "max_tokens": 0 """,
        """ "prompt": "The", "temperature": 2, "seed": 3, "max_tokens": 50, "stop": ["e"], "logprobs": 0, "return_token_ids": true, "return_tokens_as_token_ids": true """,
        """ "prompt": [300, 301, 302], "temperature": 2, "seed": 4, "max_tokens": 50, "min_tokens": 20, "presence_penalty": 1, "repetition_penalty": 1.3 """,
        """ "prompt": "The", "guided_choice": ["yes", "no"], "temperature": 2, "seed": 5 """,
    ];

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

    [Test]
    public Task Chat_Streamed_IsTheSameMessage([Range(0, 21)] int request) => CompareAsync("/v1/chat/completions", Chats[request]);

    [Test]
    public Task Completion_Streamed_IsTheSameText([Range(0, 6)] int request) => CompareAsync("/v1/completions", Completions[request]);

    private async Task CompareAsync(string path, string fields)
    {
        var (status, whole) = await _server.PostAsync(path, "{" + fields + "}");
        Assert.That(status, Is.EqualTo(200), whole.ToString());
        var frames = await _server.StreamAsync(path, "{" + fields + """, "stream": true, "stream_options": {"include_usage": true}}""");
        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
        var chunks = frames.SkipLast(1).Select(JObject.Parse).ToList();

        var choices = (JArray)whole["choices"]!;
        for (var index = 0; index < choices.Count; index++)
        {
            var parts = chunks.SelectMany(chunk => chunk["choices"]!).Where(choice => (int)choice["index"]! == index).ToList();
            Assert.That(Show(Join(parts)), Is.EqualTo(Show((JObject)choices[index])), $"choice {index}");
            Assert.That(parts.Count(part => part["finish_reason"]!.Type != JTokenType.Null), Is.EqualTo(1), "one finish reason");
        }
        Assert.That(Counts(chunks[^1]["usage"]!), Is.EqualTo(Counts(whole["usage"]!)));
        Assert.That(chunks[^1]["choices"], Is.Empty);
    }

    private static JObject Join(List<JToken> parts)
    {
        var last = parts.Single(part => part["finish_reason"]!.Type != JTokenType.Null);
        var joined = new JObject { ["finish_reason"] = last["finish_reason"], ["stop_reason"] = last["stop_reason"], ["text"] = Concat(parts, "text") };
        foreach (var name in new[] { "content", "reasoning" }) joined[name] = Concat(parts, "delta." + name);
        var calls = parts.SelectMany(part => part.SelectTokens("delta.tool_calls[*]")).GroupBy(call => (int)call["index"]!);
        joined["calls"] = new JArray(calls.Select(call => Concat([.. call], "function.name") + Concat([.. call], "function.arguments")));
        joined["function"] = Concat(parts, "delta.function_call.name") + Concat(parts, "delta.function_call.arguments");
        foreach (var path in new[] { "token_ids", "logprobs.content", "logprobs.tokens", "logprobs.token_logprobs", "logprobs.text_offset", "logprobs.top_logprobs" })
            joined[path] = new JArray(parts.SelectMany(part => part.SelectTokens(path + "[*]")));
        return joined;
    }

    // The same view of a whole choice and of one that was joined.
    private static string Show(JObject choice)
    {
        var message = choice["message"];
        if (message is not null)
        {
            choice = new JObject(choice);
            choice["content"] = (string?)message["content"] ?? "";
            choice["reasoning"] = (string?)message["reasoning"] ?? "";
            choice["calls"] = new JArray((message["tool_calls"] ?? new JArray()).Select(call => (string?)call["function"]!["name"] + (string?)call["function"]!["arguments"]));
            choice["function"] = (string?)message["function_call"]?["name"] + (string?)message["function_call"]?["arguments"];
        }
        var text = new StringBuilder();
        foreach (var name in new[] { "finish_reason", "stop_reason", "text", "content", "reasoning", "calls", "function", "token_ids" })
            text.AppendLine($"{name}: {Plain(choice[name])}");
        foreach (var name in new[] { "content", "tokens", "token_logprobs", "text_offset", "top_logprobs" })
            text.AppendLine($"{name}: {Plain(choice["logprobs." + name] ?? choice.SelectToken("logprobs." + name))}");
        return text.ToString();
    }

    private static string Plain(JToken? value) => value switch
    {
        null or { Type: JTokenType.Null } => "",
        JContainer { Count: 0 } => "",
        { Type: JTokenType.String } when ((string)value!).Length == 0 => "",
        _ => value.ToString(Newtonsoft.Json.Formatting.None),
    };

    private static string Concat(IReadOnlyList<JToken> parts, string path) => string.Concat(parts.Select(part => (string?)part.SelectToken(path)));

    private static string Counts(JToken usage) => $"{usage["prompt_tokens"]} {usage["completion_tokens"]} {usage["total_tokens"]}";
}
