namespace Furiosa.Tests.Device.Kernels.Quantized;

/// <summary>Quantised products in the plainest loops: what every kernel must equal to the bit.</summary>
internal static class QuantizedTwin
{
    /// <summary>One chunk: groups of 32 from its beginning.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int bits)
    {
        float sum = 0;
        for (int k = 0; k < x.Length; k += 32)
        {
            int count = Math.Min(32, x.Length - k);
            var (a, aScale) = Activations(x.Slice(k, count));
            var (q, wScale) = Weights(w.Slice(k, count), bits);
            int products = 0;
            for (int i = 0; i < count; i++) products += a[i] * q[i];
            sum = MathF.FusedMultiplyAdd(products * aScale, wScale, sum);
        }

        return sum;
    }

    /// <summary>The eight chunks of the numerics rule, as a tree.</summary>
    public static float ChunkedDot(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int unit, int bits) =>
        TwinMath.ChunkedDot(x, w, unit, (inputs, weights) => Dot(inputs, weights, bits));

    public static (int[] Values, float Scale) Activations(ReadOnlySpan<float> x)
    {
        float largest = 0;
        foreach (float value in x) largest = MathF.Max(largest, MathF.Abs(value)); // NaN wins

        var values = new int[x.Length];
        if (!(largest < 127.5f * MathF.ScaleB(1, 104))) return (values, float.NaN);
        if (largest < MathF.ScaleB(1, -100)) return (values, 0);
        float scale = MathF.ScaleB(1, -120);
        while (largest / scale >= 127.5f) scale *= 2;
        for (int i = 0; i < values.Length; i++) values[i] = (int)MathF.Round(x[i] / scale, MidpointRounding.ToEven);
        return (values, scale);
    }

    public static (int[] Values, float Scale) Weights(ReadOnlySpan<float> w, int bits)
    {
        float largest = 0;
        foreach (float value in w)
        {
            if (MathF.Abs(value) > MathF.Abs(largest)) largest = value;
        }

        float wanted = bits == 8 ? MathF.Abs(largest) / 127f : largest / -8f;
        float scale = (float)(Half)Math.Clamp(wanted, -65504f, 65504f);
        var values = new int[w.Length];
        for (int i = 0; i < values.Length; i++)
        {
            float quotient = scale == 0 ? 0 : w[i] * (1f / scale);
            values[i] = Math.Clamp((int)MathF.Round(Math.Clamp(quotient, -256f, 256f), MidpointRounding.ToEven), bits == 8 ? -127 : -8, bits == 8 ? 127 : 7);
        }

        return (values, scale);
    }
}
