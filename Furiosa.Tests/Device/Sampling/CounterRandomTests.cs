using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Sampling;

public sealed class CounterRandomTests
{
    // The known answers that the authors publish with Random123 for philox4x32 with 10 rounds.
    [TestCase(0u, 0u, 0u, 0u, 0u, 0u, 0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u)]
    [TestCase(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u, 0x6D5451FDu)]
    [TestCase(0x243F6A88u, 0x85A308D3u, 0x13198A2Eu, 0x03707344u, 0xA4093822u, 0x299F31D0u, 0xD16CFE09u, 0x94FDCCEBu, 0x5001E420u, 0x24126EA1u)]
    public void Philox_KnownCounterAndKey_GivesThePublishedWords(uint a, uint b, uint c, uint d, uint firstKey, uint secondKey, uint w, uint x, uint y, uint z) =>
        Assert.That(CounterRandom.Philox(a, b, c, d, firstKey, secondKey), Is.EqualTo((w, x, y, z)));

    [Test]
    public void Uniform_AnyKeyChanged_GivesAnotherNumber()
    {
        var number = CounterRandom.Uniform(42, 3, 17);

        Assert.That(CounterRandom.Uniform(42, 3, 17), Is.EqualTo(number));
        Assert.That(CounterRandom.Uniform(43, 3, 17), Is.Not.EqualTo(number));
        Assert.That(CounterRandom.Uniform(42 + (1L << 32), 3, 17), Is.Not.EqualTo(number));
        Assert.That(CounterRandom.Uniform(-42, 3, 17), Is.Not.EqualTo(number));
        Assert.That(CounterRandom.Uniform(42, 4, 17), Is.Not.EqualTo(number));
        Assert.That(CounterRandom.Uniform(42, 3, 18), Is.Not.EqualTo(number));
    }

    [Test]
    public void Uniform_ManyPositions_FillsTheUnitIntervalEvenly()
    {
        var counts = new int[16];
        for (var position = 0; position < 16_000; position++) counts[(int)(CounterRandom.Uniform(7, 0, position) * 16)]++;

        Assert.That(counts, Is.All.InRange(850, 1150));
    }
}
