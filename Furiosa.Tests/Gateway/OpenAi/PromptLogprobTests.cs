using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary><c>prompt_logprobs</c> on the bundled model.</summary>
[TestFixture]
public sealed class PromptLogprobTests
{
    private const string Prompt = "The capital of France is";
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

    [Test]
    public async Task Completion_PromptLogprobs_AgreeWithTheEcho()
    {
        var echoed = await CompleteAsync("""{"echo": true, "logprobs": 2, "max_tokens": 1, "temperature": 0}""");
        var answer = await CompleteAsync("""{"prompt_logprobs": 2, "max_tokens": 1, "temperature": 0, "return_token_ids": true}""");

        var entries = (JArray)answer["choices"]![0]!["prompt_logprobs"]!;
        var ids = answer["choices"]![0]!["prompt_token_ids"]!.Select(id => (string)id!).ToList();
        var expected = echoed["choices"]![0]!["logprobs"]!["token_logprobs"]!;
        Assert.That(answer["prompt_logprobs"], Is.EqualTo(entries).Using(JToken.EqualityComparer), "of one prompt also at the top");
        Assert.That(entries, Has.Count.EqualTo(ids.Count));
        Assert.That(entries[0].Type, Is.EqualTo(JTokenType.Null));
        for (var i = 1; i < ids.Count; i++)
        {
            var entry = (JObject)entries[i];
            var own = entry[ids[i]]!;
            Assert.That((double)own["logprob"]!, Is.EqualTo((double)expected[i]!));
            Assert.That((string?)own["decoded_token"], Is.EqualTo((string?)echoed["choices"]![0]!["logprobs"]!["tokens"]![i]));
            Assert.That(entry.Count, Is.EqualTo((int)own["rank"]! <= 2 ? 2 : 3));
            Assert.That(entry.Properties().Select(property => (int)property.Value["rank"]!).Order().Take(2), Is.EqualTo(new[] { 1, 2 }));
        }
    }

    [Test]
    public async Task Completion_WholeVocabulary_AddsUpToOneForEachToken()
    {
        var answer = await CompleteAsync("""{"prompt_logprobs": -1, "max_tokens": 1}""");

        foreach (var entry in answer["choices"]![0]!["prompt_logprobs"]!.Skip(1).Cast<JObject>())
        {
            Assert.That(entry.Count, Is.EqualTo(8192));
            Assert.That(entry.Properties().Sum(property => Math.Exp((double)property.Value["logprob"]!)), Is.EqualTo(1).Within(1e-3));
        }
    }

    /// <summary>The second time the prefix cache holds the prompt, and none is lost for it.</summary>
    [Test]
    public async Task Chat_PromptLogprobs_AreTheSameAgainAndForEveryChoiceCount()
    {
        const string fields = """ "messages": [{"role": "user", "content": "What is the capital of France? Answer with one word, please, and nothing else."}], "max_tokens": 3, "prompt_logprobs": 1, "seed": 1 """;
        var first = await ChatAsync("{" + fields + "}");
        var second = await ChatAsync("{" + fields + "}");
        var several = await ChatAsync("{" + fields + """, "n": 3, "temperature": 1 }""");

        Assert.That(first["prompt_logprobs"]!.Count(), Is.EqualTo((int)first["usage"]!["prompt_tokens"]!));
        Assert.That(second["prompt_logprobs"], Is.EqualTo(first["prompt_logprobs"]).Using(JToken.EqualityComparer));
        Assert.That(several["prompt_logprobs"], Is.EqualTo(first["prompt_logprobs"]).Using(JToken.EqualityComparer));
    }

    [Test]
    public async Task Completion_EchoWithPromptLogprobs_ScoresThePromptAlone()
    {
        var answer = await CompleteAsync("""{"prompt_logprobs": 0, "echo": true, "max_tokens": 0}""");

        Assert.That((string?)answer["choices"]![0]!["text"], Is.EqualTo(Prompt));
        Assert.That(answer["choices"]![0]!["logprobs"]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That(answer["choices"]![0]!["prompt_logprobs"]!.Skip(1).Select(entry => entry.Count()), Is.All.EqualTo(1));
    }

    /// <summary>Special tokens that a client wrote are in the echo, as text or by their ids: offsets count them.</summary>
    [TestCase("""["<|im_start|>user\nHello"]""")]
    [TestCase("ids")]
    public async Task Completion_EchoOfSpecialTokens_OffsetsAreWhereTheTokensStand(string prompt)
    {
        if (prompt == "ids")
            prompt = (await _server.PostAsync("/tokenize", """{"prompt": "<|im_start|>user\nHello"}""")).Body["tokens"]!.ToString();

        var (_, answer) = await _server.PostAsync("/v1/completions", $$"""{"prompt": {{prompt}}, "echo": true, "logprobs": 0, "max_tokens": 1, "temperature": 0}""");

        var (text, logprobs) = ((string)answer["choices"]![0]!["text"]!, answer["choices"]![0]!["logprobs"]!);
        var offsets = logprobs["text_offset"]!.Select(offset => (int)offset).ToList();
        Assert.That(text, Does.StartWith("<|im_start|>user"));
        foreach (var (token, i) in logprobs["tokens"]!.Select((token, i) => ((string)token!, i)).Skip(1)) Assert.That(text[offsets[i]..], Does.StartWith(token));
    }

    /// <summary>An echo repeats the prompt's log-probabilities in each choice, as <c>prompt_logprobs</c> does.</summary>
    [TestCase("prompt_logprobs", 400, """{"prompt_logprobs": -1, "max_tokens": 1}""")]
    [TestCase("logprobs", 800, """{"echo": true, "logprobs": 20, "n": 128, "max_tokens": 0}""")]
    [TestCase("prompt_logprobs", 500, """{"echo": true, "logprobs": 20, "prompt_logprobs": 20, "n": 128, "max_tokens": 0}""")]
    public async Task Completion_TooManyEntries_Is400(string param, int tokens, string fields)
    {
        var body = JObject.Parse(fields);
        body["prompt"] = new JArray(Enumerable.Repeat(300, tokens));
        var (status, answer) = await _server.PostAsync("/v1/completions", body.ToString());

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)answer["error"]!["param"], Is.EqualTo(param));
    }

    [Test]
    public async Task Completion_BadWords_NeverComeHoweverTheyAreCut()
    {
        var usual = (string)(await CompleteAsync("""{"temperature": 0, "max_tokens": 24}"""))["choices"]![0]!["text"]!;
        var without = (string)(await CompleteAsync("""{"temperature": 0, "max_tokens": 24, "bad_words": ["Paris", "ari"]}"""))["choices"]![0]!["text"]!;
        var hot = await CompleteAsync("""{"temperature": 2, "seed": 3, "n": 8, "max_tokens": 40, "bad_words": ["e", "the "]}""");

        Assert.That(usual, Does.Contain("Paris"));
        Assert.That(without, Does.Not.Contain("Paris").And.Not.Contain("ari"));
        Assert.That(hot["choices"]!.Select(choice => (string?)choice["text"]), Has.None.Contains("e"));
    }

    [Test]
    public async Task Completion_AllowedTokenIds_AreTheOnlyOnes()
    {
        var answer = await CompleteAsync("""{"temperature": 2, "seed": 5, "max_tokens": 30, "allowed_token_ids": [300, 301, 302], "return_token_ids": true}""");

        Assert.That(answer["choices"]![0]!["token_ids"]!.Select(id => (int)id!).Distinct().Order(), Is.EqualTo(new[] { 300, 301, 302 }));
    }

    private async Task<JObject> CompleteAsync(string fields)
    {
        var body = JObject.Parse(fields);
        body["prompt"] = Prompt;
        return await OkAsync("/v1/completions", body.ToString());
    }

    private Task<JObject> ChatAsync(string body) => OkAsync("/v1/chat/completions", body);

    private async Task<JObject> OkAsync(string path, string body)
    {
        var (status, answer) = await _server.PostAsync(path, body);
        Assert.That(status, Is.EqualTo(200), answer.ToString());
        return answer;
    }
}
