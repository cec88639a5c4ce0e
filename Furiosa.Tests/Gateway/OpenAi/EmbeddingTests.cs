using System.Runtime.InteropServices;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;
using OpenAI.Embeddings;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary><c>/v1/embeddings</c> on the bundled model.</summary>
[TestFixture]
public sealed class EmbeddingTests
{
    private static readonly string[] Texts = ["The capital of France is Paris.", "Paris", "A quite different sentence about the weather in spring, rain and wind."];
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

    [Test]
    public async Task Embed_Batch_IsEachTextsOwnVectorOfLengthOne([Values("mean", "last")] string pooling)
    {
        var together = await EmbedAsync(new JObject { ["input"] = new JArray(Texts), ["pooling"] = pooling });
        Assert.That((string?)together["object"], Is.EqualTo("list"));
        Assert.That((string?)together["model"], Is.EqualTo("furiosa-demo"));
        Assert.That(together["data"]!.Select(item => (int)item["index"]!), Is.EqualTo(new[] { 0, 1, 2 }));
        var tokens = 0;
        for (var i = 0; i < Texts.Length; i++)
        {
            var alone = await EmbedAsync(new JObject { ["input"] = Texts[i], ["pooling"] = pooling });
            Assert.That(Vector(together, i), Is.EqualTo(Vector(alone, 0)), "the same bits alone and in a batch");
            Assert.That(Vector(alone, 0).Sum(value => (double)value * value), Is.EqualTo(1).Within(1e-5));
            tokens += (int)alone["usage"]!["prompt_tokens"]!;
        }
        Assert.That((int)together["usage"]!["prompt_tokens"]!, Is.EqualTo(tokens));
        Assert.That((int)together["usage"]!["total_tokens"]!, Is.EqualTo(tokens));
    }

    [Test]
    public async Task Embed_TokenIds_AreTheTextsVector()
    {
        var ids = (JArray)(await _server.PostAsync("/tokenize", new JObject { ["prompt"] = Texts[0] }.ToString())).Body["tokens"]!;

        Assert.That(Vector(await EmbedAsync(new JObject { ["input"] = ids }), 0), Is.EqualTo(Vector(await EmbedAsync(new JObject { ["input"] = Texts[0] }), 0)));
        Assert.That(Vector(await EmbedAsync(new JObject { ["input"] = new JArray(ids.DeepClone(), new JArray(300)) }), 1), Is.EqualTo(Vector(await EmbedAsync(new JObject { ["input"] = new JArray(300) }), 0)));
    }

    [Test]
    public async Task Embed_Base64_HoldsTheSameFloats()
    {
        var plain = Vector(await EmbedAsync(new JObject { ["input"] = Texts[0], ["encoding_format"] = "float" }), 0);
        var packed = await EmbedAsync(new JObject { ["input"] = Texts[0], ["encoding_format"] = "base64" });

        var bytes = Convert.FromBase64String((string)packed["data"]![0]!["embedding"]!);
        Assert.That(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), Is.EqualTo(plain));
    }

    [Test]
    public async Task Embed_Dimensions_AreTheBeginningBroughtToLengthOne()
    {
        var raw = Vector(await EmbedAsync(new JObject { ["input"] = Texts[0], ["normalize"] = false }), 0);
        var cut = Vector(await EmbedAsync(new JObject { ["input"] = Texts[0], ["dimensions"] = 8 }), 0);
        var length = Math.Sqrt(raw.Take(8).Sum(value => (double)value * value));

        Assert.That(cut, Is.EqualTo(raw.Take(8).Select(value => (float)(value / length))));
    }

    [Test]
    public async Task Embed_Truncated_IsTheVectorOfTheLastTokens()
    {
        var cut = await EmbedAsync(new JObject { ["input"] = new JArray(300, 301, 302, 303), ["truncate_prompt_tokens"] = 2 });

        Assert.That(Vector(cut, 0), Is.EqualTo(Vector(await EmbedAsync(new JObject { ["input"] = new JArray(302, 303) }), 0)));
        Assert.That((int)cut["usage"]!["prompt_tokens"]!, Is.EqualTo(2));
    }

    /// <summary>A long text takes several steps, and the prefix cache knows some of it.</summary>
    [Test]
    public async Task Embed_SmallStepsAndOtherParallelism_GivesTheSameBits()
    {
        var body = new JObject { ["input"] = new JArray(string.Concat(Enumerable.Repeat(Texts[2] + " ", 12)), Texts[0]) };
        var expected = await EmbedAsync(body);
        await EmbedAsync(body);
        await using var other = await TestServer.StartAsync("furiosa { tensor-parallel-size = 2, pipeline-parallel-size = 2, scheduler.max-num-batched-tokens = 24 }");
        var (status, answer) = await other.PostAsync("/v1/embeddings", body.ToString());

        Assert.That(status, Is.EqualTo(200), answer.ToString());
        for (var i = 0; i < 2; i++) Assert.That(Vector(answer, i), Is.EqualTo(Vector(expected, i)));
        Assert.That(Vector(await EmbedAsync(body), 0), Is.EqualTo(Vector(expected, 0)));
    }

    [Test]
    public async Task Client_OfDotNet_ReadsVectors()
    {
        var client = new EmbeddingClient(
            "furiosa-demo", new System.ClientModel.ApiKeyCredential("EMPTY"), new OpenAI.OpenAIClientOptions { Endpoint = new Uri(_server.Address, "/v1") });

        OpenAIEmbeddingCollection vectors = await client.GenerateEmbeddingsAsync(Texts);

        Assert.That(vectors, Has.Count.EqualTo(3));
        Assert.That(vectors[1].ToFloats().ToArray(), Is.EqualTo(Vector(await EmbedAsync(new JObject { ["input"] = Texts[1] }), 0)));
    }

    private async Task<JObject> EmbedAsync(JObject body)
    {
        var (status, answer) = await _server.PostAsync("/v1/embeddings", body.ToString());
        Assert.That(status, Is.EqualTo(200), answer.ToString());
        return answer;
    }

    private static float[] Vector(JObject answer, int index) => [.. answer["data"]![index]!["embedding"]!.Select(value => (float)value!)];
}
