using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

public sealed class DemoTokenizerTests
{
    private static readonly TextTokenizer Tokenizer = TextTokenizer.Load(TestPaths.DemoModel);

    private static IEnumerable<TestCaseData> Golden() =>
        JArray.Parse(File.ReadAllText(Path.Combine(TestPaths.DemoModel, "golden.json")))
            .Select((item, index) => new TestCaseData(item).SetArgDisplayNames($"golden {index}"));

    [TestCaseSource(nameof(Golden))]
    public void Encode_GoldenPrompt_GivesTheReferenceIds(JToken golden) =>
        Assert.That(Tokenizer.Encode((string)golden["prompt"]!, addSpecialTokens: true), Is.EqualTo(golden["prompt_ids"]!.Values<int>()));

    [TestCaseSource(nameof(Golden))]
    public void Decode_GoldenOutput_GivesTheReferenceText(JToken golden) =>
        Assert.That(Tokenizer.Decode(golden["output_ids"]!.Values<int>().ToArray(), skipSpecialTokens: true), Is.EqualTo((string)golden["text"]!));

    [TestCaseSource(nameof(Golden))]
    public void Decode_GoldenPrompt_GivesThePromptBack(JToken golden) =>
        Assert.That(Tokenizer.Decode(golden["prompt_ids"]!.Values<int>().ToArray(), skipSpecialTokens: false), Is.EqualTo((string)golden["prompt"]!));

    [Test]
    public void Load_DemoModel_KnowsItsTokens()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Tokenizer.VocabularySize, Is.EqualTo(8192));
            Assert.That(Tokenizer.Names.Bos, Is.EqualTo("<|endoftext|>"));
            Assert.That(Tokenizer.Names.Eos, Is.EqualTo("<|im_end|>"));
            Assert.That(Tokenizer.Names.Pad, Is.EqualTo("<|endoftext|>"));
            Assert.That(Tokenizer.Names.Unk, Is.Null);
            Assert.That(Tokenizer.TokenToId("<|im_end|>"), Is.EqualTo(2));
            Assert.That(Tokenizer.TokenToId("no such token"), Is.Null);
            Assert.That(Tokenizer.IsSpecial(2), Is.True);
            Assert.That(Tokenizer.IsSpecial(8190), Is.False);
            Assert.That(Tokenizer.IsSpecial(-1), Is.False);
            Assert.That(Tokenizer.TokenText(8190), Is.EqualTo("<tool_call>"));
            Assert.That(Tokenizer.TokenBytes(99_999).IsEmpty, Is.True);
        });
    }

    [Test]
    public void Encode_SpecialTokensNotParsed_TreatsThemAsText()
    {
        var ids = Tokenizer.Encode("<|im_end|>", addSpecialTokens: false, parseSpecialTokens: false);
        Assert.That(ids, Has.None.EqualTo(2));
        Assert.That(Tokenizer.Decode([.. ids], skipSpecialTokens: true), Is.EqualTo("<|im_end|>"));
    }

    [TestCase("")]
    [TestCase("plain words,  spaces\t\r\n\n and 12345 numbers")]
    [TestCase("日本語 한국어 العربية 😀👨‍👩‍👧 𝒜𝓑 e\u0301")]
    public void Decode_EncodedText_GivesItBack(string text) =>
        Assert.That(Tokenizer.Decode([.. Tokenizer.Encode(text, addSpecialTokens: false)], skipSpecialTokens: false), Is.EqualTo(text));

    [Test]
    public void Encode_LoneSurrogate_CountsAsReplacementCharacter() =>
        Assert.That(Tokenizer.Encode("a\ud83db", addSpecialTokens: false), Is.EqualTo(Tokenizer.Encode("a\ufffdb", addSpecialTokens: false)));
}
