using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Furiosa.Gateway.Text.Tokenizers.Files;
using Furiosa.Tests.Support;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Our merge loops against Microsoft.ML.Tokenizers' BPE, word by word, over the bundled model's vocabulary.</summary>
public sealed class BytePairTwinTests
{
    [Test]
    public void Encode_RandomWords_EqualsMicrosoft()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestPaths.DemoModel, "tokenizer.json")));
        var model = document.RootElement.GetProperty("model");
        var (vocabulary, ours) = ModelReader.Read(model, byteLevel: true);
        var merges = model.GetProperty("merges").EnumerateArray().Select(merge => $"{merge[0].GetString()} {merge[1].GetString()}").ToList();
        var theirs = BpeTokenizer.Create(new BpeOptions(Enumerable.Range(0, vocabulary.Count).Select(token => KeyValuePair.Create(vocabulary.Token(token).ToString(), vocabulary.Id(token)))) { Merges = merges, ByteLevel = true });

        // Up to 120 letters: both the short and the long loop.
        var letter = Gen.Elements("etaoinshrdlucmfwypvbgk éñ日本🎉".EnumerateRunes().Select(rune => rune.ToString()).ToArray());
        var word = Gen.Choose(1, 120).SelectMany(length => Gen.ArrayOf(letter, length)).Select(string.Concat);
        Prop.ForAll(word.ToArbitrary(), text =>
        {
            var ids = new List<int>();
            ours.Encode(text, ids);
            return ids.SequenceEqual(theirs.EncodeToIds(text, considerPreTokenization: false, considerNormalization: false));
        }).QuickCheckThrowOnFailure();
    }
}
