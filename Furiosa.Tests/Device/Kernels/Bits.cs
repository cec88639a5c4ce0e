namespace Furiosa.Tests.Device.Kernels;

/// <summary>Equality to the bit; all NaN are one.</summary>
internal static class Bits
{
    public static void AssertEqual(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string what)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length), what);
        for (int i = 0; i < expected.Length; i++)
        {
            if (float.IsNaN(actual[i]) && float.IsNaN(expected[i])) continue;
            if (BitConverter.SingleToInt32Bits(actual[i]) != BitConverter.SingleToInt32Bits(expected[i]))
                Assert.Fail($"{what}: element {i} is {actual[i]:R} (0x{BitConverter.SingleToInt32Bits(actual[i]):X8}) and should be {expected[i]:R} (0x{BitConverter.SingleToInt32Bits(expected[i]):X8})");
        }
    }

    public static void AssertEqual(float[][] actual, float[][] expected, string what)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        for (int row = 0; row < expected.Length; row++) AssertEqual(actual[row], expected[row], $"{what}, row {row}");
    }
}
