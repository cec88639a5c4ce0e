using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Every field with values of the wrong type or out of range: a 400 that names the field.</summary>
[TestFixture]
public sealed class BadFieldTests
{
    private static readonly string[] NotIntegers = ["\"1\"", "true", "1.5", "[]", "{}", "1e400", "99999999999999999999"];
    private static readonly string[] NotNumbers = ["\"1\"", "true", "[]", "{}", "1e400"];
    private static readonly string[] NotBooleans = ["\"true\"", "1", "0", "[]", "{}"];
    private static readonly string[] NotTexts = ["1", "true", "[]", "{}"];

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => (_server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("hello", request));

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    private static IEnumerable<TestCaseData> Shared()
    {
        foreach (var (names, values) in new (string[], string[])[]
        {
            (["n", "best_of", "max_tokens", "min_tokens", "seed", "top_k"], NotIntegers),
            (["temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty", "length_penalty"], NotNumbers),
            (["stream", "use_beam_search", "ignore_eos", "skip_special_tokens", "include_stop_str_in_output", "return_token_ids", "echo"], NotBooleans),
            (["model"], NotTexts),
            (["n"], ["0", "-1", "129"]),
            (["best_of"], ["0", "129"]),
            (["temperature"], ["-0.1", "2.1"]),
            (["top_p"], ["0", "-1", "1.01"]),
            (["top_k"], ["0", "-2"]),
            (["min_p"], ["-0.1", "1.1"]),
            (["presence_penalty", "frequency_penalty"], ["-2.1", "2.1"]),
            (["repetition_penalty"], ["0", "-1", "2.1"]),
            (["min_tokens"], ["-1"]),
            (["max_tokens"], ["-1"]),
            (["early_stopping"], ["1", "\"maybe\"", "[]", "true", "\"never\""]),
            (["length_penalty"], ["2"]),
            (["stop"], ["1", "true", "{}", "\"\"", "[\"\"]", "[1]", "[\"a\", null]"]),
            (["stop_token_ids"], ["1", "\"1\"", "[-1]", "[\"1\"]", "[1.5]", "[8192]", "[null]"]),
            (["stream_options"], ["1", "\"x\"", "[]", "{}", "{\"include_usage\": true}"]),
            (["logit_bias"], ["1", "[]", "{\"x\": 1}", "{\"8192\": 1}", "{\"-1\": 1}", "{\"1\": \"1\"}", "{\"1\": true}", "{\"1\": null}", "{\"1\": 101}"]),
            (["response_format"], [
                "1", "\"text\"", "{\"type\": \"structural_tag\"}", "{\"type\": 1}", "{}", "{\"type\": \"json_schema\"}", "{\"type\": \"json_schema\", \"json_schema\": {}}",
                "{\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"not\": {}}}}", "{\"type\": \"json_schema\", \"json_schema\": {\"schema\": []}}",
            ]),
            (["guided_json", "json_schema"], ["1", "[]", "\"{\"", "\"{}{}\"", "\"true x\"", "{\"uniqueItems\": true}", "{\"type\": \"string\", \"pattern\": \"(\"}"]),
            (["guided_regex"], ["1", "\"(?=a)\"", "\"a{9,1}\""]),
            (["guided_choice"], ["\"a\"", "[]", "[1]", "[\"\"]"]),
            (["guided_grammar", "grammar"], ["1", "\"\"", "\"x\"", "\"root ::= \\\"a\""]),
            (["structured_outputs"], ["1", "{}", "{\"choice\": [\"a\"], \"regex\": \"a\"}", "{\"choice\": []}", "{\"structural_tag\": {}}", "{\"json\": 1}"]),
            (["prompt_logprobs"], ["-2", "21", "1.5", "\"1\"", "true"]),
            (["allowed_token_ids"], ["1", "[]", "[-1]", "[8192]", "[\"1\"]", "[1.5]", "[null]"]),
            (["bad_words"], ["1", "\"a\"", "[1]", "[\"\"]", "[null]"]),
            (["truncate_prompt_tokens"], ["5"]),
            (["chat_template"], ["\"{{ messages }}\""]),
            (["add_special_tokens", "store"], NotBooleans),
            (["user", "service_tier", "safety_identifier", "prompt_cache_key"], NotTexts),
            (["verbosity"], ["1", "\"loud\""]),
            (["metadata"], ["1", "\"a\"", "[]"]),
            (["web_search_options"], ["{}"]),
            (["typical_p", "repeat_penalty"], ["0.9"]),
            (["mirostat", "dry_multiplier", "xtc_probability", "dynatemp_range", "top_n_sigma", "n_predict", "thinking_token_budget"], ["2"]),
            (["detokenize"], ["false"]),
            (["cache_salt"], ["\"x\""]),
            (["vllm_xargs", "kv_transfer_params", "mm_processor_kwargs"], ["{\"a\": 1}"]),
        })
        {
            foreach (var (name, value) in names.SelectMany(name => values.Select(value => (name, value))))
            {
                yield return new TestCaseData(name, value).SetArgDisplayNames(name, value);
            }
        }
    }

    [TestCaseSource(nameof(Shared))]
    public async Task Completion_BadField_Is400NamingIt(string name, string value) =>
        await ExpectAsync("/v1/completions", $$"""{"prompt": "a", "{{name}}": {{value}}}""", name);

    [TestCaseSource(nameof(Shared))]
    public async Task Chat_BadField_Is400NamingIt(string name, string value) =>
        await ExpectAsync("/v1/chat/completions", $$"""{"messages": [{"role": "user", "content": "a"}], "{{name}}": {{value}}}""", name);

    [TestCase("prompt", "1")]
    [TestCase("prompt", "true")]
    [TestCase("prompt", "{}")]
    [TestCase("prompt", "null")]
    [TestCase("prompt", "\"\"")]
    [TestCase("prompt", "[]")]
    [TestCase("prompt", "[[]]")]
    [TestCase("prompt", "[\"\"]")]
    [TestCase("prompt", "[1.5]")]
    [TestCase("prompt", "[1, \"a\"]")]
    [TestCase("prompt", "[8192]")]
    [TestCase("prompt", "[-1]")]
    [TestCase("prompt", "[[1], [8192]]")]
    [TestCase("prompt", "[null]")]
    [TestCase("max_tokens", "0")]
    [TestCase("logprobs", "true")]
    [TestCase("logprobs", "-1")]
    [TestCase("logprobs", "21")]
    [TestCase("logprobs", "\"1\"")]
    [TestCase("suffix", "\"x\"")]
    public async Task Completion_BadOwnField_Is400NamingIt(string name, string value) =>
        await ExpectAsync("/v1/completions", name == "prompt" ? $$"""{"prompt": {{value}}}""" : $$"""{"prompt": "a", "{{name}}": {{value}}}""", name);

    [TestCase("messages", "null")]
    [TestCase("messages", "[]")]
    [TestCase("messages", "\"hello\"")]
    [TestCase("messages", "[1]")]
    [TestCase("messages", "[{}]")]
    [TestCase("messages", """[{"role": "pirate", "content": "a"}]""")]
    [TestCase("messages", """[{"role": 1, "content": "a"}]""")]
    [TestCase("messages", """[{"role": "user"}]""")]
    [TestCase("messages", """[{"role": "user", "content": null}]""")]
    [TestCase("messages", """[{"role": "user", "content": 1}]""")]
    [TestCase("messages", """[{"role": "user", "content": []}]""")]
    [TestCase("messages", """[{"role": "user", "content": ["a"]}]""")]
    [TestCase("messages", """[{"role": "user", "content": [{"type": "text"}]}]""")]
    [TestCase("messages", """[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]""")]
    [TestCase("messages", """[{"role": "assistant", "content": null}]""")]
    [TestCase("messages", """[{"role": "assistant", "tool_calls": [{"id": "x"}]}]""")]
    public async Task Chat_BadMessages_Is400NamingThem(string name, string value) =>
        await ExpectAsync("/v1/chat/completions", $$"""{"{{name}}": {{value}}}""", name);

    [TestCase("logprobs", "1")]
    [TestCase("logprobs", "\"true\"")]
    [TestCase("top_logprobs", "5")]
    [TestCase("max_completion_tokens", "0")]
    [TestCase("max_completion_tokens", "\"5\"")]
    [TestCase("max_tokens", "0")]
    [TestCase("tools", "[]")]
    [TestCase("tools", "{}")]
    [TestCase("tools", "[{\"type\": \"function\"}]")]
    [TestCase("tools", "[{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}]")]
    [TestCase("tool_choice", "\"auto\"")]
    [TestCase("functions", "[{\"name\": 1}]")]
    [TestCase("function_call", "\"auto\"")]
    [TestCase("parallel_tool_calls", "1")]
    [TestCase("modalities", "[\"audio\"]")]
    [TestCase("chat_template_kwargs", "[]")]
    [TestCase("reasoning_effort", "\"silly\"")]
    public async Task Chat_BadOwnField_Is400NamingIt(string name, string value) =>
        await ExpectAsync("/v1/chat/completions", $$"""{"messages": [{"role": "user", "content": "a"}], "{{name}}": {{value}}}""", name);

    [TestCase("use_beam_search", """{"use_beam_search": true, "n": 2, "stream": true}""")]
    [TestCase("best_of", """{"best_of": 2, "stream": true}""")]
    [TestCase("best_of", """{"best_of": 1, "n": 2}""")]
    [TestCase("top_p", """{"use_beam_search": true, "n": 2, "top_p": 0.5}""")]
    [TestCase("top_k", """{"use_beam_search": true, "n": 2, "top_k": 5}""")]
    [TestCase("min_p", """{"use_beam_search": true, "n": 2, "min_p": 0.1}""")]
    [TestCase("min_tokens", """{"min_tokens": 6, "max_tokens": 5}""")]
    [TestCase("prompt_logprobs", """{"prompt_logprobs": 1, "stream": true}""")]
    [TestCase("bad_words", """{"bad_words": ["x"], "structured_outputs": {"choice": ["a"]}}""")]
    [TestCase("allowed_token_ids", """{"allowed_token_ids": [300], "structured_outputs": {"choice": ["a"]}}""")]
    [TestCase("stream_options.include_usage", """{"stream": true, "stream_options": {"include_usage": 1}}""")]
    public async Task Completion_FieldsThatExclude_Are400(string param, string fields)
    {
        var body = JObject.Parse(fields);
        body["prompt"] = "a";
        await ExpectAsync("/v1/completions", body.ToString(), param);
    }

    [TestCase(9, """{"n": 128}""", "n")]
    [TestCase(1024, """{"best_of": 2}""", "best_of")]
    [TestCase(513, """{"use_beam_search": true, "best_of": 2}""", "best_of")]
    public async Task Completion_TooManyChoicesOverAllPrompts_Is400NamingTheWidth(int prompts, string fields, string param)
    {
        var body = JObject.Parse(fields);
        body["prompt"] = new JArray(Enumerable.Repeat("a", prompts));
        await ExpectAsync("/v1/completions", body.ToString(), param);
    }

    [Test]
    public async Task Completion_AsManyChoicesAsAllowed_AreAnswered()
    {
        var body = new JObject { ["prompt"] = new JArray(Enumerable.Repeat("a", 8)), ["n"] = 128, ["stop"] = new JArray(new string('s', 1024)) };
        var (status, answer) = await _server.PostAsync("/v1/completions", body.ToString());

        Assert.That(status, Is.EqualTo(200), answer.ToString());
        Assert.That(answer["choices"]!.Count(), Is.EqualTo(1024));
    }

    // Values that ask for nothing but what happens anyway.
    [TestCase("""{"typical_p": 1.0, "repeat_penalty": 1, "mirostat": 0, "top_n_sigma": -1, "n_predict": -1, "detokenize": true, "vllm_xargs": {}, "suffix": "", "thinking_token_budget": null}""")]
    public async Task Completion_UnsupportedFieldsThatAskForNothing_AreAccepted(string fields)
    {
        var body = JObject.Parse(fields);
        body["prompt"] = "a";

        var (status, answer) = await _server.PostAsync("/v1/completions", body.ToString());

        Assert.That(status, Is.EqualTo(200), answer.ToString());
    }

    /// <summary>What a client sends back of an answer that was refused, or cut while it was thought about.</summary>
    [TestCase("""{"role": "assistant", "content": null, "refusal": "No."}""", 200)]
    [TestCase("""{"role": "assistant", "content": null, "reasoning": "Hm."}""", 200)]
    [TestCase("""{"role": "assistant", "reasoning_content": "Hm."}""", 200)]
    [TestCase("""{"role": "assistant", "content": null, "refusal": null}""", 400)]
    [TestCase("""{"role": "assistant", "audio": {"id": "a"}}""", 400)]
    public async Task Chat_AssistantWithoutContent_IsTakenWhereSomethingStandsForIt(string message, int expected)
    {
        var body = new JObject { ["messages"] = new JArray(new JObject { ["role"] = "user", ["content"] = "a" }, JObject.Parse(message), new JObject { ["role"] = "user", ["content"] = "b" }) };

        var (status, answer) = await _server.PostAsync("/v1/chat/completions", body.ToString());

        Assert.That(status, Is.EqualTo(expected), answer.ToString());
    }

    [TestCase("/tokenize", """{"prompt": "a", "messages": [{"role": "user", "content": "a"}]}""", "prompt")]
    [TestCase("/tokenize", """{"prompt": "a", "model": 1}""", "model")]
    [TestCase("/detokenize", """{"tokens": [300], "model": 1}""", "model")]
    [TestCase("/v1/embeddings", """{"input": "a", "user": 1}""", "user")]
    [TestCase("/v1/embeddings", "{}", "input")]
    [TestCase("/v1/embeddings", """{"input": ""}""", "input")]
    [TestCase("/v1/embeddings", """{"input": []}""", "input")]
    [TestCase("/v1/embeddings", """{"input": [8192]}""", "input")]
    [TestCase("/v1/embeddings", """{"input": "a", "dimensions": 0}""", "dimensions")]
    [TestCase("/v1/embeddings", """{"input": "a", "dimensions": 1000000}""", "dimensions")]
    [TestCase("/v1/embeddings", """{"input": "a", "encoding_format": "hex"}""", "encoding_format")]
    [TestCase("/v1/embeddings", """{"input": "a", "pooling": "max"}""", "pooling")]
    [TestCase("/v1/embeddings", """{"input": "a", "truncate_prompt_tokens": 0}""", "truncate_prompt_tokens")]
    [TestCase("/v1/embeddings", """{"input": "a", "normalize": 1}""", "normalize")]
    [TestCase("/score", """{"text_1": "a", "text_2": "b"}""", "model")]
    [TestCase("/v1/score", "{}", "model")]
    [TestCase("/rerank", "{}", "model")]
    [TestCase("/v1/rerank", "{}", "model")]
    [TestCase("/v2/rerank", "{}", "model")]
    [TestCase("/tokenize", """{"prompt": 1}""", "prompt")]
    [TestCase("/tokenize", "{}", "prompt")]
    [TestCase("/tokenize", """{"prompt": "a", "truncate_prompt_tokens": 5}""", "truncate_prompt_tokens")]
    [TestCase("/tokenize", """{"messages": [{"role": "user", "content": "a"}], "chat_template": "x"}""", "chat_template")]
    [TestCase("/detokenize", """{"tokens": "1"}""", "tokens")]
    [TestCase("/detokenize", """{"tokens": [1.5]}""", "tokens")]
    [TestCase("/detokenize", "{}", "tokens")]
    public async Task Tokens_BadField_Is400NamingIt(string path, string body, string param) => await ExpectAsync(path, body, param);

    [Test]
    public async Task Nulls_EverywhereItIsAllowed_CountAsAbsent()
    {
        string[] names =
        [
            "model", "n", "best_of", "temperature", "top_p", "top_k", "min_p", "max_tokens", "min_tokens", "stop", "seed", "stream", "stream_options",
            "logit_bias", "logprobs", "echo", "use_beam_search", "early_stopping", "length_penalty", "stop_token_ids", "response_format",
            "presence_penalty", "frequency_penalty", "repetition_penalty", "suffix", "user",
        ];
        var (status, body) = await _server.PostAsync("/v1/completions", $$"""{"prompt": "a", {{string.Join(", ", names.Select(name => $"\"{name}\": null"))}}}""");

        Assert.That(status, Is.EqualTo(200), body.ToString());
    }

    private async Task ExpectAsync(string path, string body, string param)
    {
        var (status, answer) = await _server.PostAsync(path, body);

        Assert.That(status, Is.EqualTo(400), answer.ToString());
        Assert.That((string?)answer["error"]!["param"], Does.StartWith(param), answer.ToString());
        Assert.That((string?)answer["error"]!["type"], Is.EqualTo("invalid_request_error"));
        Assert.That((string?)answer["error"]!["message"], Does.Not.Contain("Exception").And.Not.Contain("   at "));
    }
}
