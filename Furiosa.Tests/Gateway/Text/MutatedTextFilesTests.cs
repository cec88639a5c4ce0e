using System.Text;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>
/// Tokenizer files and templates that are damaged or made to do harm: each works or is refused in words, and none takes memory out of
/// proportion.
/// </summary>
public sealed class MutatedTextFilesTests
{
    private const long MostBytes = 256L << 20;
    private const string Text = "Hello, World! <s> naïve 日本 🎉 \n 12345   <unk> e\u0301";
    private static readonly string Folder = Path.Combine(TestPaths.Root, "Furiosa.Tests", "Fixtures", "tokenizers");

    private static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Names))]
    public void TokenizerJson_HoweverDamaged_WorksOrIsRefused(string name)
    {
        var whole = JObject.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")))["tokenizer"]!.ToString(Newtonsoft.Json.Formatting.None);
        Run(60, "tokenizer.json", random => random.Next(4) == 0 ? FileMutations.Bytes(Encoding.UTF8.GetBytes(whole), random) : FileMutations.Json(whole, random));
    }

    [Test]
    public void Tiktoken_HoweverDamaged_WorksOrIsRefused()
    {
        var list = new StringBuilder();
        for (var i = 0; i < 256; i++) list.Append(Convert.ToBase64String([(byte)i])).Append(' ').Append(i).Append('\n');
        list.Append(Convert.ToBase64String("He"u8)).Append(" 256\n").Append(Convert.ToBase64String("llo"u8)).Append(" 257\n");
        Run(300, "tiktoken.model", random => FileMutations.Bytes(Encoding.ASCII.GetBytes(list.ToString()), random));
    }

    [Test]
    public void SentencePiece_HoweverDamaged_WorksOrIsRefused()
    {
        var model = TokenizerModelFileTests.SentencePiece(type: 1, byteFallback: true, ["a", "b", "▁", "ab", "▁ab", "Hello", "lo"]);
        Run(600, "tokenizer.model", random => FileMutations.Bytes(model, random));
    }

    // A normalizer that doubles a text forty times, a decoder that does, a pattern that never ends, a tree as deep as the file is long.
    [TestCase("normalizer", "Replace", 40)]
    [TestCase("decoder", "Replace", 40)]
    [TestCase("normalizer", "Prepend", 3000)]
    public void TokenizerJson_ThatMultipliesText_IsStopped(string part, string kind, int times)
    {
        var steps = new JArray(Enumerable.Range(0, times).Select(_ => kind == "Replace"
            ? new JObject { ["type"] = "Replace", ["pattern"] = new JObject { ["String"] = "a" }, ["content"] = "aaaaaaaa" }
            : new JObject { ["type"] = "Prepend", ["prepend"] = new string('a', 3000) }));
        var file = Bert();
        file[part] = new JObject { ["type"] = "Sequence", [part == "decoder" ? "decoders" : "normalizers"] = steps };
        Attempt("tokenizer.json", Encoding.UTF8.GetBytes(file.ToString()), "banana");
    }

    [Test]
    public void TokenizerJson_WhoseTokensStandForMuchText_IsRefused()
    {
        var vocabulary = new JObject(Enumerable.Range(0, 4200).Select(id => new JProperty($"a{id}", id)));
        using var directory = new TemporaryDirectory();
        directory.Write("tokenizer.json", new JObject
        {
            ["model"] = new JObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = "a0" },
            ["decoder"] = new JObject { ["type"] = "Replace", ["pattern"] = new JObject { ["String"] = "a" }, ["content"] = new string('b', 65_000) },
        }.ToString());
        var tokenizer = TextTokenizer.Load(directory.Path);

        Assert.That(() => TokenVocabulary.MeasureLongest(tokenizer), Throws.TypeOf<ModelTextException>().With.Message.Contains("256 MiB"));
    }

    [Test]
    public void TokenizerJson_WithAPatternThatBacktracks_IsStopped()
    {
        var file = Bert();
        file["pre_tokenizer"] = JObject.Parse("""{"type":"Split","pattern":{"Regex":"(a|aa|a*)*b"},"behavior":"Isolated","invert":false}""");
        Attempt("tokenizer.json", Encoding.UTF8.GetBytes(file.ToString()), new string('a', 200));
    }

    [TestCase("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[", "]}")]
    [TestCase("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[", "]}")]
    public void TokenizerJson_NestedDeeply_IsRefused(string part, string open, string close)
    {
        var text = Bert().ToString(Newtonsoft.Json.Formatting.None).Replace($"\"{part}\":", $"\"{part}\":" + new StringBuilder().Insert(0, open, 20_000) + "null" + new StringBuilder().Insert(0, close, 20_000) + ",\"x\":", StringComparison.Ordinal);
        Assert.That(Attempt("tokenizer.json", Encoding.UTF8.GetBytes(text), "a"), Is.False);
    }

    [Test]
    public void Template_HoweverDamaged_RendersOrIsRefused()
    {
        var templates = ((JArray)JObject.Parse(File.ReadAllText(Fixtures.Template("programs.json")))["programs"]!).Select(program => (string)program["t"]!).Where(text => text.Length > 80).ToList();
        var variables = (JObject)JObject.Parse(File.ReadAllText(Fixtures.Template("programs.json")))["variables"]!;
        for (var seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            var template = Encoding.UTF8.GetString(FileMutations.Bytes(Encoding.UTF8.GetBytes(templates[random.Next(templates.Count)]), random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.That(() => Render(template, variables), Throws.Nothing, $"seed {seed}: {template}");
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostBytes), $"seed {seed}");
        }
    }

    private static void Render(string template, JObject variables)
    {
        try
        {
            ChatTemplate.Parse(template).Render(variables);
        }
        catch (ChatTemplateException)
        {
            // Refused in words.
        }
    }

    private static JObject Bert() => (JObject)JObject.Parse(File.ReadAllText(Path.Combine(Folder, "bert.json")))["tokenizer"]!;

    private static void Run(int files, string name, Func<Random, byte[]> mutate)
    {
        var refused = 0;
        for (var seed = 0; seed < files; seed++)
        {
            try
            {
                refused += Attempt(name, mutate(new Random(seed)), Text) ? 0 : 1;
            }
            catch (Exception error) when (error is not AssertionException)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }

        Assert.That(refused, Is.GreaterThan(0));
    }

    private static bool Attempt(string name, byte[] file, string text)
    {
        using var directory = new TemporaryDirectory();
        directory.Write(name, file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var tokenizer = TextTokenizer.Load(directory.Path);
            var ids = tokenizer.Encode(text, addSpecialTokens: true);
            tokenizer.Decode([.. ids], skipSpecialTokens: false);
            return true;
        }
        catch (ModelTextException)
        {
            return false;
        }
        finally
        {
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostBytes));
        }
    }
}
