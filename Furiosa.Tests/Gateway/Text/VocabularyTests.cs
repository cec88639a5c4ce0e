using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>The flat vocabulary against a dictionary, which keeps the order of insertion as long as nothing is removed.</summary>
public sealed class VocabularyTests
{
    [Test]
    public void SetAndTryAdd_RandomTokens_EqualsADictionary([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var twin = new Dictionary<string, int>(StringComparer.Ordinal);
        var vocabulary = new Vocabulary(random.Next(0, 40));
        for (var i = 0; i < 3000; i++)
        {
            // Short ones come again and again; the empty one and one longer than all room so far are among them.
            var token = i == 1500 ? new string('z', 100_000) : Token(random);
            var id = random.Next(5000);
            if (random.Next(2) == 0)
            {
                twin[token] = id;
                vocabulary.Set(token, id);
            }
            else
            {
                Assert.That(vocabulary.TryAdd(token, id), Is.EqualTo(twin.TryAdd(token, id)));
            }
        }

        Assert.That(Enumerable.Range(0, vocabulary.Count).Select(number => KeyValuePair.Create(vocabulary.Token(number).ToString(), vocabulary.Id(number))), Is.EqualTo(twin));
        Assert.That(vocabulary.LargestId, Is.EqualTo(twin.Values.Max()));
        for (var i = 0; i < 3000; i++)
        {
            var token = Token(random);
            Assert.That(vocabulary.Find(token), Is.EqualTo(twin.TryGetValue(token, out var id) ? id : (int?)null), token);
        }
    }

    [Test]
    public void Find_NoTokens_FindsNothing()
    {
        var vocabulary = new Vocabulary();

        Assert.That(vocabulary.Find("a"), Is.Null);
        Assert.That(vocabulary.Find(""), Is.Null);
        Assert.That(vocabulary.LargestId, Is.EqualTo(-1));
    }

    private static string Token(Random random) => string.Concat(Enumerable.Range(0, random.Next(0, 6)).Select(_ => "abcdé\u2581\ud83c\udf89"[random.Next(8)]));
}
