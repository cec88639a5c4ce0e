using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>The bundled model over real HTTP.</summary>
[TestFixture]
public sealed class DemoModelTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string France = """{"model": "EMPTY", "messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 0""";
    private const string FrancePrompt = "<|im_start|>user\\nWhat is the capital of France?<|im_end|>\\n<|im_start|>assistant\\n";
    private TestServer _server = null!;

    private static IEnumerable<TestCaseData> Golden() =>
        JArray.Parse(File.ReadAllText(Path.Combine(TestPaths.DemoModel, "golden.json"))).Select((entry, i) => new TestCaseData(entry).SetArgDisplayNames($"{i}"));

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

    [Test]
    public async Task Chat_DocumentedCurl_AnswersParis()
    {
        var (status, answer) = await _server.PostAsync(Chat, """{"model": "EMPTY", "messages": [{"role": "user", "content": "What is the capital of France?"}]}""");

        Assert.That(status, Is.EqualTo(200), answer.ToString());
        Assert.That(answer.Properties().Select(property => property.Name), Is.EqualTo(new[]
        {
            "id", "object", "created", "model", "system_fingerprint", "choices", "usage", "prompt_logprobs",
        }));
        Assert.That((string?)answer["id"], Does.StartWith("chatcmpl-"));
        Assert.That((string?)answer["object"], Is.EqualTo("chat.completion"));
        Assert.That((string?)answer["model"], Is.EqualTo("furiosa-demo"));
        var choice = answer["choices"]!.Single();
        Assert.That(choice["message"], Is.EqualTo(JObject.Parse("""{"role": "assistant", "content": "The capital of France is Paris.", "refusal": null}""")).Using(JToken.EqualityComparer));
        Assert.That((string?)choice["finish_reason"], Is.EqualTo("stop"));
        Assert.That(choice["logprobs"]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That((int)answer["usage"]!["prompt_tokens"]!, Is.EqualTo(15));
        Assert.That((int)answer["usage"]!["completion_tokens"]!, Is.EqualTo(8));
        Assert.That((int)answer["usage"]!["total_tokens"]!, Is.EqualTo(23));
    }

    [TestCaseSource(nameof(Golden))]
    public async Task Golden_WholeAndStreamed_AreTheReference(JToken golden)
    {
        var isChat = golden["messages"] is not null;
        var fields = new JObject
        {
            [isChat ? "messages" : "prompt"] = isChat ? golden["messages"] : golden["prompt"],
            ["temperature"] = 0,
            ["max_tokens"] = golden["output_ids"]!.Count(),
            ["return_token_ids"] = true,
        };
        if (golden["tools"] is { } tools)
        {
            fields["tools"] = tools;
            fields["tool_choice"] = "none";
        }
        var path = isChat ? Chat : Completions;

        var (_, whole) = await _server.PostAsync(path, fields.ToString());
        fields["stream"] = true;
        var chunks = (await _server.StreamAsync(path, fields.ToString())).SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!).ToList();

        var choice = whole["choices"]?[0] ?? throw new AssertionException(whole.ToString());
        Assert.That(choice["token_ids"]!.Select(id => (int)id), Is.EqualTo(golden["output_ids"]!.Select(id => (int)id)));
        Assert.That((string?)(isChat ? choice["message"]!["content"] : choice["text"]), Is.EqualTo((string?)golden["text"]));
        Assert.That(chunks.SelectMany(chunk => chunk["token_ids"]!).Select(id => (int)id), Is.EqualTo(golden["output_ids"]!.Select(id => (int)id)));
        Assert.That(string.Concat(chunks.Select(chunk => (string?)(isChat ? chunk["delta"]!["content"] : chunk["text"]))), Is.EqualTo((string?)golden["text"]));
    }

    [Test]
    public async Task Chat_Stream_IsRoleTextFinishUsageDone()
    {
        var frames = await _server.StreamAsync(Chat, France + """, "n": 2, "stream": true, "stream_options": {"include_usage": true}}""");

        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
        var chunks = frames.SkipLast(1).Select(JObject.Parse).ToList();
        Assert.That(chunks.Select(chunk => (string?)chunk["object"]), Has.All.EqualTo("chat.completion.chunk"));
        Assert.That(chunks[^1]["choices"], Is.Empty);
        Assert.That((int)chunks[^1]["usage"]!["completion_tokens"]!, Is.EqualTo(16));
        foreach (var index in new[] { 0, 1 })
        {
            var choices = chunks.SkipLast(1).Select(chunk => chunk["choices"]![0]!).Where(choice => (int)choice["index"]! == index).ToList();
            Assert.That((string?)choices[0]["delta"]!["role"], Is.EqualTo("assistant"));
            Assert.That((string?)choices[0]["delta"]!["content"], Is.Empty);
            Assert.That(choices.Skip(1).SkipLast(1).Select(choice => (string?)choice["delta"]!["content"]), Has.None.Null.And.None.Empty);
            Assert.That(choices[^1]["delta"], Is.Empty);
            Assert.That((string?)choices[^1]["finish_reason"], Is.EqualTo("stop"));
            Assert.That(choices.SkipLast(1).Select(choice => choice["finish_reason"]!.Type), Has.All.EqualTo(JTokenType.Null));
            Assert.That(choices.Select(choice => choice["logprobs"]!.Type), Has.All.EqualTo(JTokenType.Null));
        }
    }

    [Test]
    public async Task Chat_Logprobs_CoverTheText()
    {
        var (_, answer) = await _server.PostAsync(Chat, France + """, "logprobs": true, "top_logprobs": 3}""");
        var frames = await _server.StreamAsync(Chat, France + """, "logprobs": true, "top_logprobs": 3, "stream": true}""");

        var content = answer["choices"]![0]!["logprobs"]!["content"]!;
        var streamed = new JArray(frames.SkipLast(1).SelectMany(frame => JObject.Parse(frame)["choices"]![0]!["logprobs"]!.SelectTokens("content[*]")));
        Assert.That(string.Concat(content.Select(token => (string?)token["token"])), Is.EqualTo("The capital of France is Paris."));
        Assert.That(content.Select(token => (double)token["logprob"]!), Has.All.LessThanOrEqualTo(0));
        Assert.That(content.Select(token => token["top_logprobs"]!.Count()), Has.All.EqualTo(3));
        Assert.That(content.Select(token => (string?)token["top_logprobs"]![0]!["token"]), Is.EqualTo(content.Select(token => (string?)token["token"])));
        Assert.That(streamed, Is.EqualTo(content).Using(JToken.EqualityComparer));
    }

    [Test]
    public async Task Completion_EchoWithLogprobs_BeginsWithThePrompt()
    {
        var (_, answer) = await _server.PostAsync(Completions, $$"""{"prompt": "{{FrancePrompt}}", "temperature": 0, "echo": true, "logprobs": 2, "max_tokens": 4}""");
        var (_, scored) = await _server.PostAsync(Completions, $$"""{"prompt": "{{FrancePrompt}}", "echo": true, "logprobs": 2, "max_tokens": 0}""");

        var logprobs = answer["choices"]![0]!["logprobs"]!;
        Assert.That(logprobs["tokens"]!.Count(), Is.EqualTo(19));
        Assert.That(logprobs["token_logprobs"]![0]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That(logprobs["token_logprobs"]!.Skip(1).Select(value => (double)value), Has.All.LessThanOrEqualTo(0));
        Assert.That(logprobs["top_logprobs"]!.Skip(1).Select(map => map.Count()), Has.All.InRange(2, 3));
        Assert.That((string?)answer["choices"]![0]!["text"], Does.EndWith("The capital of France"));
        Assert.That(scored["choices"]![0]!["logprobs"]!["token_logprobs"], Is.EqualTo(new JArray(logprobs["token_logprobs"]!.Take(15))).Using(JToken.EqualityComparer));
    }

    [Test]
    public async Task Completion_AlternativesThatBeginCharacters_EachHaveAnEntry()
    {
        // At this temperature the tokens of single bytes are as likely as any.
        var (_, answer) = await _server.PostAsync(Completions, """{"prompt": "\u00e9\u4e2d", "echo": true, "temperature": 1.9, "seed": 3, "logprobs": 20, "max_tokens": 64, "ignore_eos": true}""");

        var logprobs = answer["choices"]![0]!["logprobs"]!;
        var maps = logprobs["top_logprobs"]!.OfType<JObject>().ToList();
        Assert.That(maps.Select(map => map.Count), Has.All.InRange(20, 21));
        Assert.That(maps.SelectMany(map => map.Properties()).Select(entry => entry.Name), Has.Some.Matches(@"^bytes:(\\x[0-9a-f]{2})+$"));
        var own = logprobs["tokens"]!.Zip(logprobs["top_logprobs"]!).Where(pair => pair.Second is JObject).Select(pair => (double)pair.Second[(string)pair.First!]!);
        Assert.That(own, Is.EqualTo(logprobs["token_logprobs"]!.Skip(1).Select(value => (double)value)));
    }

    [Test]
    public async Task Seed_SameTwice_IsTheSameAndChoicesDiffer()
    {
        const string body = """{"prompt": "Once", "n": 4, "seed": 7, "temperature": 1.5, "max_tokens": 12}""";
        var (_, first) = await _server.PostAsync(Completions, body);
        var (_, second) = await _server.PostAsync(Completions, body);
        var (_, inList) = await _server.PostAsync(Completions, body.Replace("\"Once\"", "[\"The\", \"Once\"]"));

        var texts = first["choices"]!.Select(choice => (string?)choice["text"]).ToList();
        Assert.That(texts.Distinct().Count(), Is.EqualTo(4));
        Assert.That(second["choices"]!.Select(choice => (string?)choice["text"]), Is.EqualTo(texts));
        Assert.That(inList["choices"]!.Skip(4).Select(choice => (string?)choice["text"]), Is.EqualTo(texts));
    }

    [TestCase("\"seed\": 7", "\"best_of\": 2")]
    [TestCase("\"echo\": false", "\"stop\": [\"zzz\"]")]
    public async Task Prompts_Equal_AreDrawsOfTheirOwn(string chance, string other)
    {
        const string rest = ", \"temperature\": 2, \"max_tokens\": 12";
        var (_, answer) = await _server.PostAsync(Completions, $$"""{"prompt": ["Once", "The", "Once"], "n": 2, {{chance}}, {{other}}{{rest}}}""");
        var (_, choices) = await _server.PostAsync(Completions, $$"""{"prompt": "Once", "n": 4, "seed": 7{{rest}}}""");

        var texts = answer["choices"]!.Select(choice => (string?)choice["text"]).ToList();
        string?[] equal = [.. texts[..2], .. texts[4..]];
        Assert.That(equal.Distinct().Count(), Is.EqualTo(4));
        if (chance.Contains("seed", StringComparison.Ordinal)) Assert.That(equal, Is.EquivalentTo(choices["choices"]!.Select(choice => (string?)choice["text"])));
    }

    [Test]
    public async Task Beams_OfWidthOne_AreGreedy()
    {
        var (_, greedy) = await _server.PostAsync(Completions, $$"""{"prompt": "{{FrancePrompt}}", "temperature": 0}""");
        var (status, beam) = await _server.PostAsync(Completions, $$"""{"prompt": "{{FrancePrompt}}", "use_beam_search": true, "best_of": 1}""");
        var (_, wide) = await _server.PostAsync(Completions, $$"""{"prompt": "{{FrancePrompt}}", "use_beam_search": true, "best_of": 4, "n": 2, "max_tokens": 8}""");

        Assert.That(status, Is.EqualTo(200), beam.ToString());
        Assert.That((string?)beam["choices"]![0]!["text"], Is.EqualTo((string?)greedy["choices"]![0]!["text"]));
        Assert.That(wide["choices"]!.Count(), Is.EqualTo(2));
        Assert.That((string?)wide["choices"]![0]!["text"], Is.EqualTo("The capital of France is Paris."));
    }

    [TestCase("""["Paris"]""", "The capital of France is ")]
    [TestCase("""["zzz", "of France"]""", "The capital ")]
    public async Task Stop_String_EndsTheAnswer(string stop, string expected)
    {
        var (_, answer) = await _server.PostAsync(Chat, France + $$""", "stop": {{stop}}}""");

        Assert.That((string?)answer["choices"]![0]!["message"]!["content"], Is.EqualTo(expected));
        Assert.That((string?)answer["choices"]![0]!["finish_reason"], Is.EqualTo("stop"));
    }

    [Test]
    public async Task IgnoreEos_GoesOnToTheLimit()
    {
        var (_, answer) = await _server.PostAsync(Chat, France + """, "ignore_eos": true, "max_completion_tokens": 20, "max_tokens": 3}""");

        Assert.That((string?)answer["choices"]![0]!["finish_reason"], Is.EqualTo("length"));
        Assert.That((int)answer["usage"]!["completion_tokens"]!, Is.EqualTo(20));
    }

    [Test]
    public async Task Parts_OfText_AreTheSameAsOneString()
    {
        var (_, whole) = await _server.PostAsync("/tokenize", """{"messages": [{"role": "user", "content": "Hello there"}]}""");
        var (_, parts) = await _server.PostAsync("/tokenize", """{"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello "}, {"type": "text", "text": "there"}]}]}""");

        Assert.That(parts["tokens"], Is.EqualTo(whole["tokens"]).Using(JToken.EqualityComparer));
    }

    [Test]
    public async Task Tokenize_ThenDetokenize_IsTheText()
    {
        var (_, tokens) = await _server.PostAsync("/tokenize", """{"prompt": "Grüße, 日本 😀", "return_token_strs": true}""");
        var (_, text) = await _server.PostAsync("/detokenize", new JObject { ["tokens"] = tokens["tokens"] }.ToString());

        Assert.That((int)tokens["count"]!, Is.EqualTo(tokens["tokens"]!.Count()));
        Assert.That((int)tokens["max_model_len"]!, Is.EqualTo(2048));
        Assert.That((string?)text["prompt"], Is.EqualTo("Grüße, 日本 😀"));
    }

    [Test]
    public async Task Models_ListAndShow_AreTheServedOne()
    {
        var (_, list) = await _server.GetAsync("/v1/models");
        var (_, one) = await _server.GetAsync("/v1/models/furiosa-demo");
        var (_, health) = await _server.GetAsync("/health");

        Assert.That(list["data"]!.Single(), Is.EqualTo(one).Using(JToken.EqualityComparer));
        Assert.That((int)one["max_model_len"]!, Is.EqualTo(2048));
        Assert.That((string?)health["status"], Is.EqualTo("ok"));
    }

    [Test]
    public async Task Client_OfDotNet_StreamsTheDocumentedChat()
    {
        var options = new OpenAI.OpenAIClientOptions { Endpoint = new Uri(_server.Address, "/v1") };
        var client = new OpenAI.Chat.ChatClient("EMPTY", new System.ClientModel.ApiKeyCredential("EMPTY"), options);

        var text = "";
        await foreach (var update in client.CompleteChatStreamingAsync([new OpenAI.Chat.UserChatMessage("Say this is a test")], new OpenAI.Chat.ChatCompletionOptions { Temperature = 0 }))
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));

        Assert.That(text, Is.EqualTo("This is a test."));
    }
}
