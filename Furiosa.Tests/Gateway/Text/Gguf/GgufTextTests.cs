using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Gguf;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Text.Gguf;

/// <summary>Tokenizer and chat template out of a GGUF file's metadata.</summary>
[TestFixture]
internal sealed class GgufTextTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void Load_OfTheBundledModelAsGguf_GivesTheDirectorysTokenizer()
    {
        var converted = TextTokenizer.Load(_directory.Write("demo.gguf", GgufModels.Demo().Write()));
        var original = TextTokenizer.Load(TestPaths.DemoModel);

        Assert.That(converted.VocabularySize, Is.EqualTo(original.VocabularySize));
        foreach (var line in File.ReadLines(Path.Combine(TestPaths.DemoModel, "heldout.jsonl")).Take(100).Append("<|im_start|>user\nHé <|im_end|>  3 + 4\u00a0"))
        {
            Assert.That(converted.Encode(line, addSpecialTokens: true), Is.EqualTo(original.Encode(line, addSpecialTokens: true)), line);
            var ids = original.Encode(line, addSpecialTokens: false).ToArray();
            Assert.That(converted.Decode(ids, skipSpecialTokens: true), Is.EqualTo(original.Decode(ids, skipSpecialTokens: true)));
        }
    }

    [Test]
    public void Merges_OfPiecesThatMakeTooMany_AreRefused()
    {
        string[] pieces = [.. Enumerable.Range(0, 130).SelectMany(_ => Enumerable.Range(1, 256).Select(length => new string('a', length)))];

        Assert.That(() => SentencePieceMerges.Of(pieces, new double[pieces.Length]), Throws.TypeOf<ModelTextException>().With.Message.Contains("merges"));
    }

    [Test]
    public void ChatTemplate_OfTheBundledModelAsGguf_RendersAsTheDirectorys()
    {
        var converted = ChatTemplate.Load(_directory.Write("demo.gguf", GgufModels.Demo().Write()))!;
        var original = ChatTemplate.Load(TestPaths.DemoModel)!;
        var variables = Newtonsoft.Json.Linq.JObject.Parse("""{"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":true}""");

        Assert.That(converted.Render(variables), Is.EqualTo(original.Render(variables)));
    }

    [TestCase("hello hello", new[] { 1, 12, 12 })]
    [TestCase("hell", new[] { 1, 11 })]
    [TestCase("é", new[] { 1, 5, 3, 4 })]
    [TestCase("</s>he", new[] { 1, 2, 5, 9 })]
    public void Encode_OfSentencePieceScores_MergesTheBestFirst(string text, int[] expected)
    {
        // The space has its own piece; "é" has none and falls back to its two bytes.
        string[] tokens = ["<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "\u2581", "h", "e", "l", "he", "ll", "\u2581hell", "\u2581hello", "o", "\u2581he"];
        float[] scores = [0, 0, 0, 0, 0, -9, -9, -9, -9, -1, -2, -4, -5, -9, -3];
        int[] types = [2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
        var path = _directory.Write("spm.gguf", Minimal().Set("tokenizer.ggml.model", "llama").Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.scores", scores)
            .Set("tokenizer.ggml.token_type", types).Set("tokenizer.ggml.bos_token_id", 1).Set("tokenizer.ggml.eos_token_id", 2).Set("tokenizer.ggml.unknown_token_id", 0).Write());
        var tokenizer = TextTokenizer.Load(path);

        var ids = tokenizer.Encode(text, addSpecialTokens: true);

        // A special token begins a new text, which gets a space of its own, and that space merges with what follows.
        Assert.That(ids, Is.EqualTo(text.StartsWith("</s>", StringComparison.Ordinal) ? [1, 2, 14] : expected));
        if (!text.StartsWith('<')) Assert.That(tokenizer.Decode([.. ids], skipSpecialTokens: true), Is.EqualTo(text));
    }

    [TestCase("tokenizer.ggml.model", "wordpiece", "wordpiece")]
    [TestCase("tokenizer.ggml.pre", "unheard-of", "unheard-of")]
    public void Load_OfWhatIsNotSupported_NamesItAndWhatIs(string key, string value, string expected)
    {
        var writer = Minimal().Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "gpt-2").Set("tokenizer.ggml.tokens", new[] { "a" }).Set("tokenizer.ggml.merges", Array.Empty<string>());
        var path = _directory.Write("a.gguf", writer.Set(key, value).Write());

        Assert.That(() => TextTokenizer.Load(path), Throws.TypeOf<ModelTextException>().With.Message.Contains(expected).And.Message.Contains("gpt"));
    }

    private static GgufWriter Minimal() => new GgufWriter().Set("general.architecture", "llama").Set("llama.block_count", 1).Set("llama.embedding_length", 8)
        .Set("llama.attention.head_count", 1).Set("llama.feed_forward_length", 8).Add("token_embd.weight", [1, 8], 0, new byte[32]);
}
