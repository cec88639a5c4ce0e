using System.Text;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;
using Google.Protobuf;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>SentencePiece models and tiktoken lists, and files that were damaged.</summary>
public sealed class TokenizerModelFileTests
{
    private TemporaryDirectory _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryDirectory();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void SentencePieceBpe_Text_MergesByScoreAndFallsBackToBytes()
    {
        _folder.Write("tokenizer.model", SentencePiece(type: 2, byteFallback: true, ["a", "b", "▁", "ab", "▁ab", "ba"]));
        var tokenizer = TextTokenizer.Load(_folder.Path);

        // 0 <unk>, 1 <s>, 2 </s>, 3 to 258 the bytes, then the pieces, the first of which merge first.
        Assert.That(tokenizer.Encode("abba", addSpecialTokens: true), Is.EqualTo(new[] { 1, 263, 264 }));
        Assert.That(tokenizer.Encode("aé</s>", addSpecialTokens: false), Is.EqualTo(new[] { 261, 259, 3 + 0xC3, 3 + 0xA9, 2 }));
        Assert.That(tokenizer.Decode([1, 263, 264, 3 + 0xC3, 3 + 0xA9], skipSpecialTokens: true), Is.EqualTo("abbaé"));
        Assert.That(tokenizer.IsSpecial(1), Is.True);
    }

    [Test]
    public void SentencePieceUnigram_Text_TakesTheMostProbablePieces()
    {
        _folder.Write("tokenizer.model", SentencePiece(type: 1, byteFallback: false, ["▁ab", "▁a", "b", "ba", "a"]));
        var tokenizer = TextTokenizer.Load(_folder.Path);

        Assert.That(tokenizer.Encode("aba xx", addSpecialTokens: false), Is.EqualTo(new[] { 260, 262, 0 }).Or.EqualTo(new[] { 259, 263, 0 }));
        Assert.That(tokenizer.Encode("ab", addSpecialTokens: false), Is.EqualTo(new[] { 259 }));
    }

    [Test]
    public void Tiktoken_List_MergesByRank()
    {
        var lines = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).Append("ab"u8.ToArray()).Append("bc"u8.ToArray()).Append("abc"u8.ToArray()).Append(" abcab"u8.ToArray());
        _folder.Write("x.tiktoken", string.Join('\n', lines.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}")));
        _folder.Write("tokenizer_config.json", """{"pat_str": " ?\\p{L}+|\\s+|.", "added_tokens_decoder": {"300": {"content": "<|x|>", "special": true}}}""");
        var tokenizer = TextTokenizer.Load(_folder.Path);

        Assert.That(tokenizer.Encode("abcab abcab<|x|>1", addSpecialTokens: true), Is.EqualTo(new[] { 258, 256, 259, 300, '1' }));
        Assert.That(tokenizer.Decode([258, 300, 0xC3, 0xA9], skipSpecialTokens: true), Is.EqualTo("abcé"));
    }

    [Test]
    public void Tiktoken_UnknownSize_AsksForThePattern()
    {
        _folder.Write("x.tiktoken", "YQ== 0\nYg== 1\n");
        Assert.That(() => TextTokenizer.Load(_folder.Path), Throws.TypeOf<ModelTextException>().With.Message.Contains("pat_str"));
    }

    [Test]
    public void Load_DamagedFiles_AreErrorsInOneLine()
    {
        var random = new Random(1);
        var files = Directory.GetFiles(Path.Combine(TestPaths.Root, "Furiosa.Tests", "Fixtures", "tokenizers"), "*.json").Order(StringComparer.Ordinal).ToList();
        for (var round = 0; round < 300; round++)
        {
            var isModel = round % 3 == 0;
            var bytes = isModel
                ? SentencePiece(type: 2, byteFallback: true, ["a", "b", "ab"])
                : Encoding.UTF8.GetBytes(Newtonsoft.Json.Linq.JObject.Parse(File.ReadAllText(files[random.Next(files.Count)]))["tokenizer"]!.ToString(Newtonsoft.Json.Formatting.None));
            for (var change = random.Next(1, 8); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            using var folder = new TemporaryDirectory();
            folder.Write(isModel ? "tokenizer.model" : "tokenizer.json", bytes);
            try
            {
                var tokenizer = TextTokenizer.Load(folder.Path);
                tokenizer.Decode([.. tokenizer.Encode("The a  b 12é", addSpecialTokens: true)], skipSpecialTokens: false);
            }
            catch (ModelTextException error)
            {
                Assert.That(error.Message, Does.Not.Contain("\n"));
            }
        }
    }

    [TestCase("""{"type": "Sequence", "normalizers": [REPEATED]}""", "normalizer makes a text of more than")]
    [TestCase("""{"type": "Replace", "pattern": {"Regex": "(a|aa)+[bc]"}, "content": ""}""", "takes too long")]
    public void Encode_FileThatWouldRunAway_IsStopped(string normalizer, string message)
    {
        var repeated = string.Join(',', Enumerable.Repeat("""{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}""", 20));
        var file = """{"normalizer": NORMALIZER, "model": {"type": "WordLevel", "vocab": {"u": 0}, "unk_token": "u"}}""";
        _folder.Write("tokenizer.json", file.Replace("NORMALIZER", normalizer.Replace("REPEATED", repeated, StringComparison.Ordinal), StringComparison.Ordinal));
        var tokenizer = TextTokenizer.Load(_folder.Path);
        Assert.That(() => tokenizer.Encode(new string('a', 64), addSpecialTokens: false), Throws.TypeOf<ModelTextException>().With.Message.Contains(message));
    }

    // A model as SentencePiece writes it: the usual first pieces, the bytes, then these, each less probable than the one before.
    internal static byte[] SentencePiece(int type, bool byteFallback, string[] pieces)
    {
        using var stream = new MemoryStream();
        var output = new CodedOutputStream(stream);
        Add("<unk>", 0, 2);
        Add("<s>", 0, 3);
        Add("</s>", 0, 3);
        for (var value = 0; value < 256; value++)
            Add($"<0x{value:X2}>", 0, 6);
        for (var i = 0; i < pieces.Length; i++)
            Add(pieces[i], -i - 1, 1);
        Message(2, inner =>
        {
            inner.WriteTag(3, WireFormat.WireType.Varint);
            inner.WriteEnum(type);
            inner.WriteTag(35, WireFormat.WireType.Varint);
            inner.WriteBool(byteFallback);
        });
        Message(3, inner =>
        {
            inner.WriteTag(4, WireFormat.WireType.Varint);
            inner.WriteBool(false);
        });
        output.Flush();
        return stream.ToArray();

        void Add(string text, float score, int kind) => Message(1, inner =>
        {
            inner.WriteTag(1, WireFormat.WireType.LengthDelimited);
            inner.WriteString(text);
            inner.WriteTag(2, WireFormat.WireType.Fixed32);
            inner.WriteFloat(score);
            inner.WriteTag(3, WireFormat.WireType.Varint);
            inner.WriteEnum(kind);
        });

        void Message(int field, Action<CodedOutputStream> write)
        {
            using var inner = new MemoryStream();
            var target = new CodedOutputStream(inner);
            write(target);
            target.Flush();
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(inner.ToArray()));
        }
    }
}
