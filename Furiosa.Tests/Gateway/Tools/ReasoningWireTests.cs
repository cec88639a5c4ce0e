using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>Reasoning as clients see it, by each parser with the chat template of a model that it is for, and a script in the model's place.</summary>
[TestFixture("deepseek_r1", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "I count.\n</think>\n\nTwo.", null)]
[TestFixture("deepseek_r1", "Qwen-QwQ-32B", "I count.\n</think>\n\nTwo.", "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>")]
[TestFixture("qwen3", "Qwen-Qwen3-0.6B", "<think>\nI count.\n</think>\n\nTwo.", "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>")]
[TestFixture("exaone4", "Qwen-Qwen3-0.6B", "<think>\nI count.\n</think>\n\nTwo.", "<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1}}</tool_call>")]
[TestFixture("auto", "ByteDance-Seed-OSS", "<seed:think>I count.</seed:think>\nTwo.", "<seed:tool_call>\n<function=add>\n<parameter=a>1</parameter>\n</function>\n</seed:tool_call>")]
[TestFixture("auto", "GLM-4.7-Flash", "I count.</think>Two.", "<tool_call>add<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>")]
[TestFixture(null, "CohereForAI-c4ai-command-r7b-12-2024-tool_use", "<|START_THINKING|>I count.<|END_THINKING|><|START_RESPONSE|>Two.<|END_RESPONSE|>",
    "<|START_ACTION|>[{\"tool_call_id\": \"0\", \"tool_name\": \"add\", \"parameters\": {\"a\": 1}}]<|END_ACTION|>")]
[TestFixture(null, "openai-gpt-oss-120b", "<|channel|>analysis<|message|>I count.<|end|><|start|>assistant<|channel|>final<|message|>Two.<|return|>",
    "<|channel|>commentary to=functions.add <|constrain|>json<|message|>{\"a\": 1}<|call|>")]
public sealed class ReasoningWireTests(string? parser, string template, string answer, string? call)
{
    private const string Path = "/v1/chat/completions";
    private const string Question = """{"messages": [{"role": "user", "content": "1 + 1?"}]}""";
    private string _text = "";
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var file = System.IO.Path.Combine(TestPaths.RequireShared("conformance", "chat-templates"), template + ".jinja");
        (_server, _) = await TestServer.ScriptAsync(
            (request, _, _) => ScriptedRuntime.Say(_text, request), $"furiosa {{ chat-template = \"{file}\", default-chat-template-kwargs = \"\"\"{{\"enable_thinking\": true}}\"\"\", {(parser is null ? "" : $"reasoning-parser = {parser}")} }}");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Test]
    public async Task Chat_Answer_HasReasoningBesideContentStreamedOrNot()
    {
        _text = answer;
        var (status, whole) = await _server.PostAsync(Path, Question);
        var frames = await StreamAsync(JObject.Parse(Question));

        Assert.That(status, Is.EqualTo(200), whole.ToString());
        var message = whole["choices"]![0]!["message"]!;
        Assert.That(((string?)message["reasoning"])?.Trim(), Is.EqualTo("I count."));
        Assert.That((string?)message["reasoning_content"], Is.EqualTo((string?)message["reasoning"]));
        Assert.That(((string?)message["content"])?.Trim(), Is.EqualTo("Two."));
        Assert.That(Join(frames, "reasoning"), Is.EqualTo((string?)message["reasoning"]));
        Assert.That(Join(frames, "content"), Is.EqualTo((string?)message["content"]));
        var usage = whole["usage"]!;
        Assert.That((int)usage["completion_tokens_details"]!["reasoning_tokens"]!, Is.InRange(1, (int)usage["completion_tokens"]! - 1));
        Assert.That(frames[^1]["usage"]!["completion_tokens_details"], Is.EqualTo(usage["completion_tokens_details"]).Using(JToken.EqualityComparer));
    }

    [Test]
    public async Task Responses_Answer_HasAReasoningItemBeforeTheMessage()
    {
        _text = answer;
        var (status, body) = await _server.PostAsync("/v1/responses", """{"input": "1 + 1?"}""");

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That(body["output"]!.Select(item => (string?)item["type"]), Is.EqualTo(new[] { "reasoning", "message" }));
        Assert.That(body["output"]!.Select(item => ((string?)item["content"]![0]!["text"])?.Trim()), Is.EqualTo(new[] { "I count.", "Two." }));
        Assert.That((int)body["usage"]!["output_tokens_details"]!["reasoning_tokens"]!, Is.GreaterThan(0));
    }

    [Test]
    public async Task Chat_ReasoningThenCall_GivesBoth()
    {
        if (call is null) Assert.Ignore("The model calls nothing.");
        _text = answer.Replace(answer.Contains("<|start|>", StringComparison.Ordinal) ? answer[answer.IndexOf("<|channel|>final", StringComparison.Ordinal)..]
            : answer.Contains("<|START_RESPONSE|>", StringComparison.Ordinal) ? answer[answer.IndexOf("<|START_RESPONSE|>", StringComparison.Ordinal)..] : "Two.", call, StringComparison.Ordinal);
        var request = JObject.Parse(Question);
        request["tools"] = JArray.Parse("""[{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}]""");
        var (status, whole) = await _server.PostAsync(Path, request.ToString());

        Assert.That(status, Is.EqualTo(200), whole.ToString());
        var message = whole["choices"]![0]!["message"]!;
        Assert.That(((string?)message["reasoning"])?.Trim(), Is.EqualTo("I count."));
        Assert.That((string?)message["tool_calls"]![0]!["function"]!["name"], Is.EqualTo("add"));
        Assert.That((string?)message["tool_calls"]![0]!["function"]!["arguments"], Is.EqualTo("""{"a": 1}"""));
        var frames = await StreamAsync(request);
        Assert.That(string.Concat(frames.SelectMany(frame => frame.SelectTokens("choices[*].delta.tool_calls[*].function.arguments")).Select(text => (string?)text)), Is.EqualTo("""{"a": 1}"""));
    }

    [Test]
    public async Task Chat_CutWhileReasoning_IsReasoningAlone()
    {
        _text = answer[..(answer.IndexOf("count", StringComparison.Ordinal) + 5)];
        var (_, whole) = await _server.PostAsync(Path, Question);

        Assert.That(((string?)whole["choices"]![0]!["message"]!["reasoning"])?.Trim(), Is.EqualTo("I count"));
        Assert.That((string?)whole["choices"]![0]!["message"]!["content"], Is.Empty);
    }

    [Test]
    public async Task Chat_ReasoningNotWanted_IsLeftOutButCounted()
    {
        _text = answer;
        var request = JObject.Parse(Question);
        request["include_reasoning"] = false;
        var (_, whole) = await _server.PostAsync(Path, request.ToString());

        Assert.That(whole["choices"]![0]!["message"]!["reasoning"], Is.Null);
        Assert.That(((string?)whole["choices"]![0]!["message"]!["content"])?.Trim(), Is.EqualTo("Two."));
        Assert.That((int)whole["usage"]!["completion_tokens_details"]!["reasoning_tokens"]!, Is.GreaterThan(0));
    }

    private async Task<List<JObject>> StreamAsync(JObject request)
    {
        request["stream"] = true;
        request["stream_options"] = new JObject { ["include_usage"] = true };
        return [.. (await _server.StreamAsync(Path, request.ToString())).SkipLast(1).Select(JObject.Parse)];
    }

    private static string Join(IEnumerable<JObject> frames, string field) =>
        string.Concat(frames.SelectMany(frame => frame.SelectTokens($"choices[*].delta.{field}")).Select(text => (string?)text));
}
