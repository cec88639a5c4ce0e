using FsCheck.Fluent;
using Furiosa.Device.Sampling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Sampling;

public sealed class NucleusBorderTests
{
    [Test]
    public void Cut_AnyWeights_KeepsWhatSortingThemWould()
    {
        var border = new NucleusBorder(); // reused on purpose
        var cases =
            from seed in Gen.Choose(0, 1_000_000)
            from length in Gen.OneOf(Gen.Choose(1, 400), Gen.Choose(3000, 4000))
            from steepness in Gen.Elements(0.0, 0.1, 2, 20, 120)
            from levels in Gen.Elements(1, 3, 1_000_000)
            from share in Gen.Elements(0f, 0.1f, 0.35f, 0.5f, 0.9f, 0.99f, 0.9999999f)
            select (Weights: Weights(seed, length, steepness, levels), share);

        Properties.ForAll(cases, test =>
        {
            AssertAsSorted(border, test.Weights, test.share);
        }, 2000);
    }

    /// <summary>As rows of a model are: a few likely tokens, here with many as likely as each other, and thousands that hardly weigh.</summary>
    [Test]
    public void Cut_FewLikelyTokens_KeepsWhatSortingThemWould([Range(0, 19)] int seed)
    {
        var (random, border) = (new Random(seed), new NucleusBorder());
        for (var round = 0; round < 40; round++)
        {
            var weights = Enumerable.Range(0, random.Next(2000, 6000)).Select(_ => (float)random.NextDouble() * 1e-6f).ToArray();
            for (var i = random.Next(1, 120); i > 0; i--) weights[random.Next(weights.Length)] = 1f / (1 << random.Next(11));
            weights[random.Next(weights.Length)] = 1;
            AssertAsSorted(border, weights, (float)random.NextDouble());
        }
    }

    [Test]
    public void Cut_MassThatIsNeverReached_KeepsEverything()
    {
        float[] weights = [1, 0.5f, 0.25f];

        new NucleusBorder().Cut(weights, 1.7500002, 0.99999994f);

        Assert.That(weights, Is.EqualTo(new[] { 1, 0.5f, 0.25f }));
    }

    private static void AssertAsSorted(NucleusBorder border, float[] weights, float share)
    {
        var mass = weights.Sum(weight => (double)weight);
        var expected = new float[weights.Length];
        var before = 0.0;
        foreach (var (weight, id) in weights.Select((weight, id) => (weight, id)).OrderByDescending(each => each.weight).ThenBy(each => each.id))
        {
            if (before > 0 && (float)before >= share * (float)mass) break;
            expected[id] = weight;
            before += weight;
        }

        var actual = weights.ToArray();
        border.Cut(actual, mass, share);

        Assert.That(actual, Is.EqualTo(expected));
    }

    private static float[] Weights(int seed, int length, double steepness, int levels)
    {
        var random = new Random(seed);
        var weights = Enumerable.Range(0, length).Select(_ => (float)Math.Exp(-steepness * random.Next(levels + 1) / levels)).ToArray();
        weights[random.Next(length)] = 1;
        return weights;
    }
}
