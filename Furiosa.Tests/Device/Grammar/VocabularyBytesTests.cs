using Furiosa.Device.Grammar;

namespace Furiosa.Tests.Device.Grammar;

public sealed class VocabularyBytesTests
{
    [Test]
    public void Item_EachId_IsWhatWasGiven()
    {
        var random = new Random(1);
        byte[][] tokens = [[], .. Enumerable.Range(0, 1000).Select(_ => Enumerable.Range(0, random.Next(0, 40)).Select(_ => (byte)random.Next(256)).ToArray()), []];

        var all = new VocabularyBytes(tokens);
        var some = new VocabularyBytes(tokens, longest: 20);

        Assert.That(all.Count, Is.EqualTo(tokens.Length));
        for (var id = 0; id < tokens.Length; id++)
        {
            Assert.That(all[id].ToArray(), Is.EqualTo(tokens[id]));
            Assert.That(some[id].ToArray(), Is.EqualTo(tokens[id].Length <= 20 ? tokens[id] : []));
        }
    }
}
