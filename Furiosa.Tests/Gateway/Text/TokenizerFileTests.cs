using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Gateway.Text.Tokenizers.Models;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Small <c>tokenizer.json</c> files: every part of the pipeline that is read, and what is refused.</summary>
public sealed class TokenizerFileTests
{
    private string _folder = string.Empty;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("tokenizer").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Encode_Merges_LowestRankFirst() => Assert.That(Encode(Small(), "abcab"), Is.EqualTo(new[] { 256, 99, 256 }));

    [Test]
    public void Encode_IgnoreMerges_TakesAWholeWordFirst()
    {
        var file = Small();
        file["model"]!["vocab"]!["abc"] = 300;
        Assert.That(Encode(file, "abc"), Is.EqualTo(new[] { 256, 99 }));
        file["model"]!["ignore_merges"] = true;
        Assert.That(Encode(file, "abc"), Is.EqualTo(new[] { 300 }));
    }

    [TestCase("x<m>y", false, false, false, new[] { 120, 400, 121 })]
    [TestCase("x <m> y", true, false, false, new[] { 120, 400, 32, 121 })]
    [TestCase("x <m> y", false, true, false, new[] { 120, 32, 400, 121 })]
    [TestCase("x<m> <m> y", true, true, true, new[] { 120, 60, 109, 62, 400, 121 })]
    public void Encode_AddedTokenFlags_AsHuggingFace(string text, bool left, bool right, bool word, int[] ids)
    {
        var file = Small();
        file["added_tokens"] = new JArray(Added(400, "<m>", left, right, word));
        Assert.That(Encode(file, text), Is.EqualTo(ids));
    }

    [Test]
    public void Encode_AddedTokens_LongestOfThoseAtOnePlaceWins()
    {
        var file = Small();
        file["added_tokens"] = new JArray(Added(400, "<m>"), Added(401, "<m>>"));
        Assert.That(Encode(file, "<m>><m>"), Is.EqualTo(new[] { 401, 400 }));
    }

    [Test]
    public void Encode_NormalizedAddedToken_IsFoundAfterNormalizing()
    {
        var file = Small();
        file["normalizer"] = JObject.Parse("{\"type\": \"Lowercase\"}");
        var token = Added(400, "Tok");
        token["normalized"] = true;
        file["added_tokens"] = new JArray(token, Added(401, "Raw"));
        Assert.That(Encode(file, "TOKrawRaw"), Is.EqualTo(new[] { 400, 114, 97, 119, 401 }));
    }

    [TestCase("{\"type\": \"Digits\", \"individual_digits\": true}", "a12", new[] { 97, 49, 50 })]
    [TestCase("{\"type\": \"Digits\", \"individual_digits\": false}", "a12", new[] { 97, 301 })]
    [TestCase("{\"type\": \"Split\", \"pattern\": {\"String\": \"1\"}, \"behavior\": \"Removed\", \"invert\": false}", "a12", new[] { 97, 50 })]
    [TestCase("{\"type\": \"Split\", \"pattern\": {\"Regex\": \"[ab]+\"}, \"behavior\": \"MergedWithNext\", \"invert\": false}", "1212ab12", new[] { 301, 301, 256, 301 })]
    [TestCase("{\"type\": \"Split\", \"pattern\": {\"Regex\": \".\"}, \"behavior\": \"Isolated\", \"invert\": true}", "ab", new[] { 97, 98 })]
    public void Encode_PreTokenizers_CutWords(string preTokenizer, string text, int[] ids)
    {
        var file = Small();
        file["model"]!["vocab"]!["12"] = 301;
        ((JArray)file["model"]!["merges"]!).Add("1 2");
        file["pre_tokenizer"] = new JObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JArray(JObject.Parse(preTokenizer), JObject.Parse("{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false}")),
        };
        Assert.That(Encode(file, text), Is.EqualTo(ids));
    }

    [Test]
    public void Encode_AstralLetters_AreLettersToPatterns()
    {
        // Two mathematical letters are one word, an emoji is not part of it.
        var file = Small();
        file["pre_tokenizer"] = JObject.Parse("{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\\\\p{L}+\"}, \"behavior\": \"Removed\"}, {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false}]}");
        Assert.That(Encode(file, "\U0001D49C\U0001D4B7😀x"), Is.EqualTo(new[] { 0xF0, 0x9F, 0x98, 0x80 }));
    }

    [Test]
    public void Encode_PrefixSpace_IsAddedOnce()
    {
        var file = Small();
        file["pre_tokenizer"]!["add_prefix_space"] = true;
        Assert.That(Encode(file, "a"), Is.EqualTo(new[] { 32, 97 }));
        Assert.That(Encode(file, " a"), Is.EqualTo(new[] { 32, 97 }));
    }

    [Test]
    public void Encode_Template_GoesAroundTheText()
    {
        var file = Small();
        file["post_processor"] = JObject.Parse(
            "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"B\"}}, {\"Sequence\": {\"id\": \"A\"}}, {\"SpecialToken\": {\"id\": \"E\"}}], \"special_tokens\": {\"B\": {\"ids\": [500]}, \"E\": {\"ids\": [501]}}}");
        Assert.That(Load(file).Encode("c", addSpecialTokens: true), Is.EqualTo(new[] { 500, 99, 501 }));
        Assert.That(Load(file).Encode("c", addSpecialTokens: false), Is.EqualTo(new[] { 99 }));
    }

    [Test]
    public void Encode_Nfc_ComposesFirst()
    {
        var file = Small();
        file["normalizer"] = JObject.Parse("{\"type\": \"NFC\"}");
        Assert.That(Encode(file, "e\u0301"), Is.EqualTo(new[] { 0xC3, 0xA9 }));
    }

    [TestCase("model.type", "\"Unigram\"", "not a tokenizer file")]
    [TestCase("model.type", "\"WordPiece\"", "model.unk_token '[UNK]'")]
    [TestCase("model.type", "\"Other\"", "the tokenizer model Other is not known")]
    [TestCase("model.vocab", "[]", "not a tokenizer file")]
    [TestCase("model.vocab", "{\"a\": -1}", "the id -1 of the token 'a'")]
    [TestCase("model.vocab", "{\"a\": 2000000000}", "the id 2000000000 of the token 'a'")]
    [TestCase("model.vocab", "{\"a\": \"x\"}", "not a tokenizer file")]
    [TestCase("model.merges", "[\"a z z\"]", "is not two tokens")]
    [TestCase("model.merges", "[\"x y\"]", "does not have")]
    [TestCase("model.merges", "[[\"x\"]]", "is not a pair")]
    [TestCase("model.dropout", "0.5", "model.dropout 0.5")]
    [TestCase("model.unk_token", "\"<none>\"", "model.unk_token '<none>'")]
    [TestCase("model.continuing_subword_prefix", "\"##\"", "has a right side without the prefix")]
    [TestCase("normalizer", "{\"type\": \"Precompiled\"}", "not a tokenizer file")]
    [TestCase("normalizer", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"/////w==\"}", "is cut off")]
    [TestCase("normalizer", "{\"type\": \"Other\"}", "the normalizer Other is not known")]
    [TestCase("pre_tokenizer", "{\"type\": \"Other\"}", "the pre_tokenizer Other is not known")]
    [TestCase("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(\"}, \"behavior\": \"Isolated\"}", "the pattern ( is not supported")]
    [TestCase("decoder", "{\"type\": \"Other\"}", "the decoder Other is not known")]
    [TestCase("post_processor", "{\"type\": \"Other\"}", "the post_processor Other is not supported")]
    [TestCase("added_tokens", "[{\"id\": -5, \"content\": \"x\"}]", "the added token id -5")]
    [TestCase("added_tokens", "[{\"content\": \"x\"}]", "not a tokenizer file")]
    [TestCase("added_tokens", "7", "not a tokenizer file")]
    public void Load_WrongOrUnsupported_SaysSoInOneLine(string path, string value, string message)
    {
        var file = Small();
        var parts = path.Split('.');
        var parent = parts.Length == 2 ? (JObject)file[parts[0]]! : file;
        parent[parts[^1]] = JToken.Parse(value);
        Assert.That(() => Load(file), Throws.TypeOf<ModelTextException>().With.Message.Contains(message).And.Message.Contains("tokenizer.json").And.Message.Not.Contains("\n"));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{\"model\": ")]
    [TestCase("\u0000\u0001")]
    public void Load_NotATokenizer_SaysSo(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), content);
        Assert.That(() => TextTokenizer.Load(_folder), Throws.TypeOf<ModelTextException>().With.Message.Contains("tokenizer.json"));
    }

    [Test]
    public void Load_DeepJson_IsAnError()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), new string('[', 100_000));
        Assert.That(() => TextTokenizer.Load(_folder), Throws.TypeOf<ModelTextException>());
    }

    [TestCase("tokenizer.json")]
    [TestCase("tokenizer_config.json")]
    [TestCase("special_tokens_map.json")]
    public void Load_FileThatCannotBeRead_SaysSoInOneLine(string name)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), Small().ToString());
        // A lock keeps out every user, the administrator too.
        using var held = new FileStream(Path.Combine(_folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Assert.That(() => TextTokenizer.Load(_folder), Throws.TypeOf<ModelTextException>().With.Message.Contains(name).And.Message.Contains("cannot be read").And.Message.Not.Contains("\n"));
    }

    [TestCase("[]")]
    [TestCase("{\"bos_token\": ")]
    public void Load_ConfigThatIsNoObject_NamesTheFile(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), content);
        Assert.That(() => Load(Small()), Throws.TypeOf<ModelTextException>().With.Message.Contains("tokenizer_config.json").And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Load_Missing_NamesTheFile() =>
        Assert.That(() => TextTokenizer.Load(_folder), Throws.TypeOf<ModelTextException>().With.Message.Contains("tokenizer.json is missing"));

    [Test]
    public void Load_TokenAsObject_ReadsItsContent()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), "{\"bos_token\": {\"content\": \"<b>\"}, \"eos_token\": null}");
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), "{\"eos_token\": \"<e>\", \"bos_token\": \"<other>\"}");
        var tokenizer = Load(Small());
        Assert.That((tokenizer.Names.Bos, tokenizer.Names.Eos, tokenizer.Names.Pad), Is.EqualTo(("<b>", "<e>", (string?)null)));
    }

    private static JObject Added(int id, string content, bool left = false, bool right = false, bool word = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["lstrip"] = left,
        ["rstrip"] = right,
        ["single_word"] = word,
        ["normalized"] = false,
        ["special"] = true,
    };

    // The id of a byte is the byte; 256 is "ab".
    private static JObject Small()
    {
        var vocabulary = new JObject();
        for (var value = 0; value < 256; value++)
            vocabulary[ByteLevelAlphabet.ToCharacter((byte)value).ToString()] = value;
        vocabulary["ab"] = 256;
        vocabulary["bc"] = 257;
        return new JObject
        {
            ["added_tokens"] = new JArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = JObject.Parse("{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false}"),
            ["post_processor"] = null,
            ["decoder"] = JObject.Parse("{\"type\": \"ByteLevel\"}"),
            ["model"] = new JObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JArray("a b", "b c") },
        };
    }

    private TextTokenizer Load(JObject file)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), file.ToString());
        return TextTokenizer.Load(_folder);
    }

    private IReadOnlyList<int> Encode(JObject file, string text) => Load(file).Encode(text, addSpecialTokens: false);
}
