using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>Every number of half precision under 128 keeps its value.</summary>
internal sealed class RebiasedHalfTests
{
    [Test]
    public void TryPack_OfEveryHalf_KeepsThoseUnder128()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var value = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            bool packs = RebiasedHalf.TryPack((ushort)bits, out var packed);
            if (packs != MathF.Abs(value) < 128 || (packs && BitConverter.SingleToInt32Bits(RebiasedHalf.Widen(packed)) != BitConverter.SingleToInt32Bits(value)))
                Assert.Fail($"{bits:X4} is {value}, packed {packs} as {RebiasedHalf.Widen(packed)}");
        }
    }

    [TestCase(0.1f, false)]
    [TestCase(1e-9f, false)]
    [TestCase(1e9f, false)]
    [TestCase(float.NaN, false)]
    [TestCase(-0.25f, true)]
    public void TryPack_OfAFloat_TakesWhatHalfPrecisionHas(float value, bool expected) => Assert.That(RebiasedHalf.TryPack(value, out _), Is.EqualTo(expected));
}
