using Furiosa.Tests.Gateway.Grammar;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Answers that follow a grammar, over HTTP, on the bundled model at a temperature where it would say anything.</summary>
[TestFixture]
public sealed class StructuredOutputTests
{
    private const string Person = """
        {"type":"object","properties":{"name":{"type":"string","maxLength":12},"age":{"type":"integer","minimum":0,"maximum":130},
         "tags":{"type":"array","items":{"enum":["a","b"]},"maxItems":2}},"required":["name","age"],"additionalProperties":false}
        """;

    [Test]
    public async Task Chat_JsonSchema_EndsValidInEveryChoice()
    {
        var server = await DemoServer.GetAsync();
        var format = new JObject { ["type"] = "json_schema", ["json_schema"] = new JObject { ["name"] = "person", ["strict"] = true, ["schema"] = JObject.Parse(Person) } };
        var (status, body) = await server.PostAsync("/v1/chat/completions", Chat(("response_format", format), ("n", 4), ("seed", 7)));

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That(body["choices"]!.Select(choice => (string?)choice["finish_reason"]), Is.All.EqualTo("stop"));
        foreach (var choice in body["choices"]!)
            Assert.That(new JsonSchemaChecker(JObject.Parse(Person)).Check(JsonSchemaChecker.Parse((string)choice["message"]!["content"]!)), Is.Null);
    }

    [Test]
    public async Task Chat_StreamedAndWhole_AreTheSame()
    {
        var server = await DemoServer.GetAsync();
        var format = ("structured_outputs", (JToken)new JObject { ["json"] = JObject.Parse(Person) });
        var (_, whole) = await server.PostAsync("/v1/chat/completions", Chat(format, ("seed", 11)));
        var frames = await server.StreamAsync("/v1/chat/completions", Chat(format, ("seed", 11), ("stream", true)));
        var streamed = string.Concat(frames.SkipLast(1).Select(JObject.Parse).Select(chunk => (string?)chunk["choices"]![0]!["delta"]!["content"]));

        Assert.That(streamed, Is.EqualTo((string?)whole["choices"]![0]!["message"]!["content"]).And.Not.Empty);
    }

    [Test]
    public async Task Chat_CutByMaxTokens_IsABeginningAndSaysLength()
    {
        var server = await DemoServer.GetAsync();
        var (_, body) = await server.PostAsync("/v1/chat/completions", Chat(("guided_json", JObject.Parse(Person)), ("max_tokens", 3), ("seed", 1)));

        Assert.That((string?)body["choices"]![0]!["finish_reason"], Is.EqualTo("length"));
        Assert.That((string?)body["choices"]![0]!["message"]!["content"], Does.StartWith("{"));
    }

    [Test]
    public async Task Chat_JsonObject_IsOneEvenGreedy()
    {
        var server = await DemoServer.GetAsync();
        var format = new JObject { ["type"] = "json_object" };
        var (_, body) = await server.PostAsync("/v1/chat/completions", Chat(("response_format", format), ("temperature", 0), ("max_tokens", 400)));
        var choice = body["choices"]![0]!;

        Assert.That((string)choice["message"]!["content"]!, Does.StartWith("{"));
        if ((string?)choice["finish_reason"] == "stop") Assert.That(JsonSchemaChecker.Parse((string)choice["message"]!["content"]!), Is.TypeOf<JObject>());
    }

    [TestCase("""{"structured_outputs":{"regex":"(?:ab|cd){3}[0-9]{2}"}}""", "^(?:ab|cd){3}[0-9]{2}$")]
    [TestCase("""{"structured_outputs":{"choice":["positive","negative"]}}""", "^(positive|negative)$")]
    [TestCase("""{"structured_outputs":{"grammar":"root ::= \"yes \" num | \"no\"\nnum ::= [0-9]{1,3}"}}""", "^(yes [0-9]{1,3}|no)$")]
    [TestCase("""{"structured_outputs":{"grammar":"start: \"a\" B\nB: /[xyz]{2}/"}}""", "^a[xyz]{2}$")]
    [TestCase("""{"structured_outputs":{"json":"{\"const\":5}"}}""", "^5$")]
    [TestCase("""{"structured_outputs":{"structural_tag":{"format":{"type":"sequence","elements":[{"type":"const_string","value":"x="},{"type":"or","elements":[{"type":"regex","pattern":"[0-9]{3}"},{"type":"json_schema","json_schema":{"const":true}}]}]}}}}""", "^x=([0-9]{3}|true)$")]
    [TestCase("""{"structured_outputs":{"structural_tag":{"format":{"type":"tags_with_separator","separator":",","at_least_one":true,"stop_after_first":true,"tags":[{"begin":"<a>","content":{"type":"regex","pattern":"[xy]{2}"},"end":"</a>"}]}}}}""", "^<a>[xy]{2}</a>$")]
    [TestCase("""{"guided_regex":"[a-f]{8}"}""", "^[a-f]{8}$")]
    [TestCase("""{"guided_choice":["x","y"]}""", "^(x|y)$")]
    [TestCase("""{"guided_grammar":"root ::= \"z\"{4}"}""", "^zzzz$")]
    [TestCase("""{"grammar":"root ::= \"q\""}""", "^q$")]
    [TestCase("""{"json_schema":{"enum":[true]}}""", "^true$")]
    [TestCase("""{"guided_json":{"type":"array","items":{"const":1},"minItems":2,"maxItems":2},"guided_whitespace_pattern":" "}""", "^\\[ 1, 1 \\]$")]
    [TestCase("""{"structured_outputs":{"json":{"type":"array","items":{"const":1},"minItems":2,"maxItems":2},"disable_any_whitespace":true}}""", "^\\[1,1\\]$")]
    [TestCase("""{"guided_choice":["one","two","three"],"use_beam_search":true,"n":3,"temperature":0}""", "^(one|two|three)$")]
    [TestCase("""{"guided_choice":["one","two"],"best_of":4,"n":2}""", "^(one|two)$")]
    [TestCase("""{"guided_regex":"[a-f]{8}","repetition_penalty":1.5,"logit_bias":{"40":100},"top_k":3}""", "^[a-f]{8}$")]
    public async Task Completions_EachNotation_IsFollowed(string fields, string pattern)
    {
        var server = await DemoServer.GetAsync();
        var request = new JObject { ["prompt"] = "Once", ["temperature"] = 2, ["max_tokens"] = 200, ["seed"] = 3 };
        request.Merge(JObject.Parse(fields));
        var (status, body) = await server.PostAsync("/v1/completions", request.ToString());

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That(body["choices"]!.Select(choice => (string?)choice["text"]), Is.All.Match(pattern));
        Assert.That(body["choices"]!.Select(choice => (string?)choice["finish_reason"]), Is.All.EqualTo("stop"));
    }

    [TestCase("""{"response_format":{"type":"json_object"},"guided_choice":["a"]}""", "guided_choice")]
    [TestCase("""{"response_format":{"type":"json_object"},"structured_outputs":{"regex":"a"}}""", "structured_outputs")]
    [TestCase("""{"guided_choice":["a"],"ignore_eos":true}""", "ignore_eos")]
    [TestCase("""{"guided_choice":["a"],"min_tokens":5}""", "min_tokens")]
    [TestCase("""{"response_format":{"type":"json_object"},"min_tokens":5}""", "min_tokens")]
    [TestCase("""{"allowed_token_ids":[300],"stop_token_ids":[300],"min_tokens":5}""", "min_tokens")]
    [TestCase("""{"response_format":{"type":"structural_tag","format":{"type":"tag","begin":"a"}}}""", "response_format.format.content")]
    [TestCase("""{"structured_outputs":{"structural_tag":"no"}}""", "structured_outputs.structural_tag")]
    [TestCase("""{"guided_choice":["a"],"guided_whitespace_pattern":" "}""", "guided_whitespace_pattern")]
    public async Task Chat_FieldsThatDisagree_AreRefused(string fields, string param)
    {
        var server = await DemoServer.GetAsync();
        var request = JObject.Parse(Chat());
        request.Merge(JObject.Parse(fields));
        var (status, body) = await server.PostAsync("/v1/chat/completions", request.ToString(Formatting.None));

        Assert.That(status, Is.EqualTo(400), body.ToString());
        Assert.That((string?)body["error"]!["param"], Does.StartWith(param), body.ToString());
    }

    [TestCase("""{"guided_regex":"a","bad_words":["x"]}""", "guided_regex")]
    [TestCase("""{"structured_outputs":{"choice":["a"]},"allowed_token_ids":[300]}""", "structured_outputs.choice")]
    [TestCase("""{"guided_choice":["a"],"min_tokens":5}""", "guided_choice")]
    public async Task Chat_FieldsThatDisagree_AreBothNamed(string fields, string other)
    {
        var server = await DemoServer.GetAsync();
        var request = JObject.Parse(Chat());
        request.Merge(JObject.Parse(fields));
        var (_, body) = await server.PostAsync("/v1/chat/completions", request.ToString(Formatting.None));

        Assert.That((string?)body.SelectToken("error.message"), Does.Contain($"'{other}'").And.Contain($"'{body.SelectToken("error.param")}'"));
    }

    private static string Chat(params (string Name, JToken Value)[] fields)
    {
        var request = new JObject
        {
            ["messages"] = new JArray(new JObject { ["role"] = "user", ["content"] = "Who is it?" }), ["temperature"] = 2, ["max_tokens"] = 300,
        };
        foreach (var (name, value) in fields) request[name] = value;
        return request.ToString(Formatting.None);
    }
}
