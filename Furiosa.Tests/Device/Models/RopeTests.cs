using Furiosa.Device.Models;

namespace Furiosa.Tests.Device.Models;

public sealed class RopeTests
{
    private const double Close = 3e-7; // a few units in the last place of a float, relative

    [Test]
    public void Inverse_Default_IsPowersOfTheta()
    {
        var inverse = RopeFrequencies.Inverse(new RopeConfig { Theta = 10000 }, 8);

        AssertClose(inverse, 1, 0.1, 0.01, 0.001);
    }

    [Test]
    public void Inverse_Linear_IsDividedByTheFactor()
    {
        var inverse = RopeFrequencies.Inverse(new RopeConfig { Theta = 10000, Type = RopeType.Linear, Factor = 2 }, 8);

        AssertClose(inverse, 0.5, 0.05, 0.005, 0.0005);
    }

    // Wavelengths 2 pi * 10^i: 6.28 is below 64 / 4 and kept, 628 and 6283 are above 64 / 1 and divided by 8; 62.8 lies between:
    // smooth = (64 / 62.8318530718 - 1) / 3 = 0.00619722, (1 - smooth) * 0.1 / 8 + smooth * 0.1.
    [Test]
    public void Inverse_Llama3_KeepsHighDividesLowAndBlendsBetween()
    {
        var rope = new RopeConfig { Theta = 10000, Type = RopeType.Llama3, Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalMaxPositions = 64 };
        var smooth = (64 / (20 * Math.PI) - 1) / 3;

        AssertClose(RopeFrequencies.Inverse(rope, 8), 1, (1 - smooth) * 0.1 / 8 + smooth * 0.1, 0.01 / 8, 0.001 / 8);
    }

    // Dimensions that turn 32 and 1 times in 64 positions: 8 ln(64 / (64 pi)) / (2 ln 10000) = -0.497 and 8 ln(64 / 2 pi) / (2 ln 10000) = 1.008:
    // the ramp runs from 0 (floor, then at least 0) to 2 (ceiling): kept 1, 1/2, 0, 0.
    [Test]
    public void Inverse_Yarn_RampsFromKeptToDivided()
    {
        var rope = new RopeConfig { Theta = 10000, Type = RopeType.Yarn, Factor = 4, OriginalMaxPositions = 64 };

        AssertClose(RopeFrequencies.Inverse(rope, 8), 1, 0.1 / 4 * 0.5 + 0.1 * 0.5, 0.01 / 4, 0.001 / 4);
        Assert.That(RopeFrequencies.AttentionScaling(rope), Is.EqualTo(0.1 * Math.Log(4) + 1).Within(1e-6));
    }

    [Test]
    public void Inverse_YarnWithoutTruncation_RampsBetweenTheExactBorders()
    {
        var rope = new RopeConfig { Theta = 10000, Type = RopeType.Yarn, Factor = 4, OriginalMaxPositions = 64, Truncate = false };
        var high = 8 * Math.Log(64 / (2 * Math.PI)) / (2 * Math.Log(10000));
        var kept = 1 - 1 / high;

        AssertClose(RopeFrequencies.Inverse(rope, 8), 1, 0.1 / 4 * (1 - kept) + 0.1 * kept, 0.01 / 4, 0.001 / 4);
    }

    [Test]
    public void AttentionScaling_GivenOrFromScales_FollowsThem()
    {
        var rope = new RopeConfig { Type = RopeType.Yarn, Factor = 40, OriginalMaxPositions = 64 };

        Assert.That(RopeFrequencies.AttentionScaling(rope with { AttentionFactor = 0.75 }), Is.EqualTo(0.75f));
        Assert.That(RopeFrequencies.AttentionScaling(rope with { Mscale = 0.707, MscaleAllDim = 1 }),
            Is.EqualTo((0.1 * 0.707 * Math.Log(40) + 1) / (0.1 * Math.Log(40) + 1)).Within(1e-6));
        Assert.That(RopeFrequencies.AttentionScaling(rope with { Type = RopeType.Linear }), Is.EqualTo(1));
    }

    [Test]
    public void Table_EveryPosition_IsCosineAndSineOfTheRoundedAngle()
    {
        var rope = new RopeConfig { Theta = 500000, Type = RopeType.Yarn, Factor = 4, OriginalMaxPositions = 64 };
        var inverse = RopeFrequencies.Inverse(rope, 16);
        var scaling = RopeFrequencies.AttentionScaling(rope);

        var table = new RopeTable(rope, 16, 3000);

        foreach (var position in new[] { 0, 1, 17, 1000, 2999 })
        {
            for (var pair = 0; pair < 8; pair++)
            {
                var angle = (float)position * inverse[pair];
                Assert.That(table.CosinesAt(position)[pair], Is.EqualTo(Math.Cos(angle) * scaling).Within(1.5e-7));
                Assert.That(table.SinesAt(position)[pair], Is.EqualTo(Math.Sin(angle) * scaling).Within(1.5e-7));
            }
        }
    }

    [Test]
    public void Table_ShorterOrLonger_AgreesToTheBit()
    {
        var rope = new RopeConfig { Theta = 10000 };
        var longer = new RopeTable(rope, 64, 200);
        var shorter = new RopeTable(rope, 64, 100);

        for (var position = 0; position < 100; position++)
        {
            Assert.That(longer.CosinesAt(position).SequenceEqual(shorter.CosinesAt(position)), Is.True);
            Assert.That(longer.SinesAt(position).SequenceEqual(shorter.SinesAt(position)), Is.True);
        }
    }

    [Test]
    public void Table_OfMillionsOfPositions_CostsWhatIsUsedOfIt()
    {
        var rope = new RopeConfig { Theta = 10000 };
        var before = GC.GetAllocatedBytesForCurrentThread();

        var table = new RopeTable(rope, 128, 1 << 24);
        table.Prepare((1 << 24) - 1, 1);
        table.Prepare(0, 300);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2 << 20));
        Assert.That(table.CosinesAt((1 << 24) - 1)[0], Is.EqualTo(Math.Cos((1 << 24) - 1)).Within(1e-6));
        Assert.That(() => table.Prepare((1 << 24) - 1, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Table_PreparedByManyThreads_IsTheSame()
    {
        var rope = new RopeConfig { Theta = 10000 };
        var (together, alone) = (new RopeTable(rope, 64, 5000), new RopeTable(rope, 64, 5000));

        Parallel.For(0, 64, i => together.Prepare(i * 17, 3900));

        for (var position = 0; position < 5000; position += 7) Assert.That(together.SinesAt(position).SequenceEqual(alone.SinesAt(position)), Is.True);
    }

    private static void AssertClose(float[] actual, params double[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (var i = 0; i < expected.Length; i++) Assert.That(actual[i], Is.EqualTo(expected[i]).Within(Close * expected[i]), $"pair {i}");
    }
}
