using Furiosa.Device.Grammar;

namespace Furiosa.Tests.Device.Grammar;

[TestFixture]
public sealed class ConfigurationTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    [TestCase(8)]
    [TestCase(9)]
    [TestCase(256)]
    public void Add_ClassesInAnyOrder_AreFoundAndCountedOncePerWalk(int classCount)
    {
        var random = new Random(classCount);
        var classes = Enumerable.Range(0, classCount).Select(value => (byte)value).ToArray();
        random.Shuffle(classes);
        var configuration = Of(classCount, 0);
        var known = new Dictionary<byte, (Configuration Next, int Cost)>();
        for (var added = 0; added < classCount; added++)
        {
            var (next, cost) = (Of(classCount, added + 1), random.Next(1, 70_000));
            Assert.That(configuration.NextOf(classes[added]), Is.Null);
            configuration.Add(classes[added], next, cost);
            known[classes[added]] = (next, cost);

            foreach (var (byteClass, step) in known)
            {
                Assert.That(configuration.NextOf(byteClass), Is.SameAs(step.Next));
                Assert.That(configuration.CostOf(byteClass), Is.EqualTo(step.Cost));
            }

            // In the middle of a walk, in which the places of steps change.
            Assert.That(configuration.CountOnce(classes[added], walk: 1), Is.EqualTo(known[classes[added]].Cost));
        }

        Assert.That(known.Keys.Select(byteClass => configuration.CountOnce(byteClass, walk: 1)), Is.All.Zero);
        foreach (var (byteClass, step) in known)
        {
            Assert.That(configuration.CountOnce(byteClass, walk: 2), Is.EqualTo(step.Cost));
            Assert.That(configuration.CountOnce(byteClass, walk: 2), Is.Zero);
        }

        configuration.Forget();
        Assert.That(classes.Select(configuration.NextOf), Is.All.Null);
    }

    /// <summary>A place for each of 256 classes in each of 33 thousand configurations, or in those that a byte leads to from there, would be over 100 MB.</summary>
    [Test]
    public void Allowed_EveryTokenLeadsElsewhere_TakesMemoryForWhatIsTriedOnly()
    {
        // Two bytes, all of which are remembered: each pair has a state of its own, which one more byte ends.
        const int pairs = 128 * 256;
        const int end = 129 + pairs;
        var edges = new List<ByteEdge>();
        for (var first = 0; first < 128; first++) edges.Add(new ByteEdge(0, (byte)first, (byte)first, 1 + first));
        for (var pair = 0; pair < pairs; pair++) edges.Add(new ByteEdge(1 + (pair >> 8), (byte)pair, (byte)pair, 129 + pair));
        for (var pair = 0; pair < pairs; pair++) edges.Add(new ByteEdge(129 + pair, 0, 255, end));
        var accepting = new bool[end + 1];
        accepting[end] = true;
        byte[][] vocabulary =
        [
            .. Enumerable.Range(0, 128).Select(value => new[] { (byte)value }),
            .. Enumerable.Range(0, pairs).Select(pair => new[] { (byte)(pair >> 8), (byte)pair }),
            .. Enumerable.Range(0, pairs).Select(pair => new[] { (byte)(pair >> 8), (byte)pair, (byte)'x' }),
        ];
        var masks = new TokenMaskMaker(new VocabularyTrie(vocabulary));
        var state = masks.Begin(new ByteGrammar("pairs", [0], accepting, [.. edges], []));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var mask = masks.Allowed(state);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(mask.AllowedCount, Is.EqualTo(vocabulary.Length));
        Assert.That(allocated, Is.LessThan(40_000_000));
    }

    private static Configuration Of(int classCount, int number) => new([], true, classCount, new UInt128(1, (ulong)number));
}
