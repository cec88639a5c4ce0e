using System.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Small made-up tokenizers that use every part of the pipeline, with what Hugging Face's tokenizers 0.22.2 gave for them.</summary>
public sealed class PipelineReferenceTests
{
    private static readonly string Folder = Path.Combine(TestPaths.Root, "Furiosa.Tests", "Fixtures", "tokenizers");

    private static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Names))]
    public void EncodeAndDecode_ReferenceCases_Equal(string name)
    {
        using var reader = new JsonTextReader(File.OpenText(Path.Combine(Folder, name + ".json"))) { DateParseHandling = DateParseHandling.None };
        var file = JObject.Load(reader);
        using var folder = new TemporaryDirectory();
        folder.Write("tokenizer.json", file["tokenizer"]!.ToString());
        var tokenizer = TextTokenizer.Load(folder.Path);
        Assert.That(file["cases"]!.Count(), Is.GreaterThan(20));
        Assert.Multiple(() =>
        {
            foreach (var item in file["cases"]!)
            {
                var text = (string)item["text"]!;
                var withSpecial = item["with_special"]!.Values<int>().ToArray();
                var ids = (item["decode_ids"] ?? item["with_special"])!.Values<int>().ToArray();
                Assert.That(tokenizer.Encode(text, addSpecialTokens: false), Is.EqualTo(item["ids"]!.Values<int>()), text);
                Assert.That(tokenizer.Encode(text, addSpecialTokens: true), Is.EqualTo(withSpecial), text);
                CheckDecoding(tokenizer, ids, skipSpecial: false, (string)item["decoded"]!);
                CheckDecoding(tokenizer, ids, skipSpecial: true, (string)item["decoded_skip_special"]!);
            }
        });
    }

    // Streamed, the characters before a mistake among byte tokens have been shown when it comes.
    private static void CheckDecoding(TextTokenizer tokenizer, int[] ids, bool skipSpecial, string expected)
    {
        Assert.That(tokenizer.Decode(ids, skipSpecial), Is.EqualTo(expected));
        if (expected.Contains('\uFFFD'))
            return;
        var detokenizer = tokenizer.CreateDetokenizer(skipSpecial);
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(detokenizer.Add(id));
        Assert.That(text.Append(detokenizer.Flush()).ToString(), Is.EqualTo(expected));
    }
}
