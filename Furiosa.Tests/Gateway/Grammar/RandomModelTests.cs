using System.Text;
using System.Text.Json;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>
/// Models of random weights behind the real server, at temperature 2, over schemas made at random: nineteen of twenty answers end, all that
/// end are valid, and one that is cut is a beginning of the one that was not. <c>FURIOSA_TEST_SCHEMAS</c> says how many schemas.
/// </summary>
[TestFixture]
public sealed class RandomModelTests
{
    private const int MaxTokens = 3000;

    private static int Count => TestSize.Of("FURIOSA_TEST_SCHEMAS", 150);

    /// <summary>One takes every token for nearly as good as another; the other would say its last token again and again.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Completions_GeneratedSchemas_EndValid(bool repeatsItself)
    {
        using var model = Model(repeatsItself);
        await using var server = await TestServer.OnModelAsync(model.Path);
        var generator = new SchemaGenerator(new Random(repeatsItself ? 2027 : 2026));
        var schemas = Enumerable.Range(0, Count).Select(_ => generator.Next()).ToList();
        var ended = 0;
        await Parallel.ForEachAsync(schemas.Index(), new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (entry, _) =>
        {
            var (reason, text, count) = await AskAsync(server, entry.Item, entry.Index, MaxTokens);
            if (reason == "stop")
            {
                Interlocked.Increment(ref ended);
                Validation.AssertValid(entry.Item, text);
            }
            else
            {
                Assert.That(reason, Is.EqualTo("length"));
                AssertBegins(text);
                TestContext.Out.WriteLine($"not ended: {entry.Item.ToString(Newtonsoft.Json.Formatting.None)} {text[..Math.Min(300, text.Length)]}");
            }
            if (entry.Index % 5 != 0 || count < 2) return;
            var (cutReason, beginning, _) = await AskAsync(server, entry.Item, entry.Index, count / 2);
            Assert.That(cutReason, Is.EqualTo("length"));
            Assert.That(text, Does.StartWith(beginning.TrimEnd('\uFFFD')));
        });

        TestContext.Out.WriteLine($"{ended} of {schemas.Count} ended");
        Assert.That(ended, Is.AtLeast((schemas.Count * 95 + 99) / 100));
    }

    private static async Task<(string Reason, string Text, int Count)> AskAsync(TestServer server, JObject schema, int seed, int maxTokens)
    {
        var request = new JObject { ["prompt"] = "Once", ["temperature"] = 2, ["max_tokens"] = maxTokens, ["seed"] = seed, ["structured_outputs"] = new JObject { ["json"] = schema } };
        var (status, body) = await server.PostAsync("/v1/completions", request.ToString());
        Assert.That(status, Is.EqualTo(200), $"{body} {schema}");
        var choice = body["choices"]![0]!;
        return ((string)choice["finish_reason"]!, (string)choice["text"]!, (int)body["usage"]!["completion_tokens"]!);
    }

    // Throws where the bytes are the beginning of no JSON.
    private static void AssertBegins(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text.TrimEnd('\uFFFD')), isFinalBlock: false, default);
        while (reader.Read()) reader.ValueSpan.ToArray();
    }

    // With the bundled model's tokenizer.
    private static RandomCheckpoint Model(bool repeatsItself)
    {
        var config = new JObject
        {
            ["architectures"] = new JArray("LlamaForCausalLM"), ["model_type"] = "llama", ["hidden_size"] = 64, ["intermediate_size"] = 64, ["num_hidden_layers"] = 1,
            ["num_attention_heads"] = 2, ["num_key_value_heads"] = 1, ["head_dim"] = 32, ["vocab_size"] = 8192, ["max_position_embeddings"] = 4096, ["rms_norm_eps"] = 1e-5,
            ["hidden_act"] = "silu", ["torch_dtype"] = "float32", ["rope_theta"] = 10000.0, ["bos_token_id"] = 0, ["eos_token_id"] = 2, ["tie_word_embeddings"] = repeatsItself,
        };
        var model = new RandomCheckpoint(config.ToString());
        foreach (var file in new[] { "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "chat_template.jinja" })
            File.Copy(Path.Combine(TestPaths.DemoModel, file), Path.Combine(model.Path, file));
        return model;
    }
}
