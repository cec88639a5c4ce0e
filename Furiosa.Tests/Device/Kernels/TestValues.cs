namespace Furiosa.Tests.Device.Kernels;

/// <summary>Repeatable numbers of many sizes.</summary>
internal static class TestValues
{
    /// <summary>Numbers about zero, with a wide spread of exponents.</summary>
    public static float[] Floats(int seed, int count)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)((random.NextDouble() * 2 - 1) * Math.Pow(2, random.Next(-6, 3)));
        return values;
    }

    /// <summary>As <see cref="Floats"/>, with denormals, zeros of both signs, infinities and NaN sprinkled in.</summary>
    public static float[] Strange(int seed, int count)
    {
        float[] values = Floats(seed, count), strange = [float.Epsilon, -1e-40f, -0f, 0f, 3e38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        var random = new Random(seed + 1);
        for (int i = 0; i < count; i += 1 + random.Next(9)) values[i] = strange[random.Next(strange.Length)];
        return values;
    }

    /// <summary>The nearest bfloat16 of each, as float.</summary>
    public static float[] RoundedToBf16(float[] values) => Array.ConvertAll(
        values, value => BitConverter.UInt32BitsToSingle((uint)Furiosa.Device.Kernels.PanelPacker.RoundToBf16(value) << 16));
}
