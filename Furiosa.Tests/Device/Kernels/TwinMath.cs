using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>The numerics rule in the plainest loops: what every kernel must equal to the bit.</summary>
internal static class TwinMath
{
    /// <summary>One chain of fused multiply-adds from zero in ascending k.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        float sum = 0;
        for (int k = 0; k < x.Length; k++) sum = MathF.FusedMultiplyAdd(x[k], w[k], sum);
        return sum;
    }

    /// <summary>The eight chunks of the rule, as a tree.</summary>
    public static float ChunkedDot(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int unit) => ChunkedDot(x, w, unit, Dot);

    /// <summary>The same over another product of a chunk.</summary>
    public static float ChunkedDot(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int unit, Func<ReadOnlySpan<float>, ReadOnlySpan<float>, float> dot)
    {
        int units = (x.Length + unit - 1) / unit;
        Span<float> c = stackalloc float[8];
        for (int i = 0; i < 8; i++)
        {
            int from = Math.Min(x.Length, i * units / 8 * unit), to = Math.Min(x.Length, (i + 1) * units / 8 * unit);
            c[i] = dot(x[from..to], w[from..to]);
        }

        return ((c[0] + c[1]) + (c[2] + c[3])) + ((c[4] + c[5]) + (c[6] + c[7]));
    }

    /// <summary>Lane i has elements i, i + 16, ...; lanes are added as a tree.</summary>
    public static float LaneTree(Span<float> lanes)
    {
        for (int width = 8; width > 0; width /= 2)
        {
            for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
        }

        return lanes[0];
    }

    public static float[] RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon)
    {
        Span<float> lanes = stackalloc float[16];
        lanes.Clear();
        for (int i = 0; i < x.Length; i++) lanes[i % 16] = MathF.FusedMultiplyAdd(x[i], x[i], lanes[i % 16]);
        float scale = 1f / MathF.Sqrt(LaneTree(lanes) / x.Length + epsilon);
        var y = new float[x.Length];
        for (int i = 0; i < y.Length; i++) y[i] = weight[i] * (x[i] * scale);
        return y;
    }

    public static void Rotate(Span<float> head, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        int half = cosines.Length;
        for (int i = 0; i < half; i++)
        {
            float a = head[i], b = head[i + half];
            float ac = a * cosines[i], bs = b * sines[i], bc = b * cosines[i], asine = a * sines[i];
            head[i] = ac - bs;
            head[i + half] = bc + asine;
        }
    }

    public static float[] LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon)
    {
        Span<float> lanes = stackalloc float[16];
        lanes.Clear();
        for (int i = 0; i < x.Length; i++) lanes[i % 16] += x[i];
        float mean = LaneTree(lanes) / x.Length;
        lanes.Clear();
        for (int i = 0; i < x.Length; i++) lanes[i % 16] = MathF.FusedMultiplyAdd(x[i] - mean, x[i] - mean, lanes[i % 16]);
        float scale = 1f / MathF.Sqrt(LaneTree(lanes) / x.Length + epsilon);
        var y = new float[x.Length];
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = weight[i] * ((x[i] - mean) * scale);
            if (bias.Length > 0) y[i] += bias[i];
        }

        return y;
    }

    public static float Silu(float x) => x / (1f + FloatMath.Exp(-x));

    public static float Swish(float x, float slope) => x / (1f + FloatMath.Exp(-(x * slope)));

    public static float GeluTanh(float x) => x / (1f + FloatMath.Exp(MathF.FusedMultiplyAdd(0.044715f, x * x * x, x) * -1.5957691f));

    public static float Gelu(float x) => x * 0.5f * (1f + Erf(x * 0.70710678f));

    public static float Tanh(float x)
    {
        float size = MathF.Abs(x), square = x * x;
        float p = MathF.FusedMultiplyAdd(FloatMath.T4, square, FloatMath.T3);
        foreach (float c in new[] { FloatMath.T2, FloatMath.T1, FloatMath.T0 }) p = MathF.FusedMultiplyAdd(p, square, c);
        float large = 1f - 2f / (FloatMath.Exp(size + size) + 1f);
        return size < 0.625f ? MathF.FusedMultiplyAdd(p * square, x, x) : x < 0 ? -large : large;
    }

    public static float Erf(float x)
    {
        float size = MathF.Abs(x), bounded = size > 4f ? 4f : size;
        float small = Polynomial(FloatMath.ErfSmall, x * x), large = 1f - FloatMath.Exp(Polynomial(FloatMath.ErfLarge, bounded));
        return size < 1f ? small * x : x < 0 ? -large : large;
    }

    private static float Polynomial(ReadOnlySpan<float> coefficients, float x)
    {
        float sum = coefficients[^1];
        for (int i = coefficients.Length - 2; i >= 0; i--) sum = MathF.FusedMultiplyAdd(sum, x, coefficients[i]);
        return sum;
    }

    /// <summary>Attention of one query at the last of the positions given.</summary>
    /// <param name="query">One head.</param>
    /// <param name="keys">Key of each position from 0 to the query's own.</param>
    /// <param name="values">Values, likewise.</param>
    /// <param name="window">How many positions are seen.</param>
    public static float[] Attend(float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<float[]> values, int window) =>
        Attend(query, [.. keys.Select(key => new KvTwin(key, 1))], [.. values.Select(value => new KvTwin(value, 1))], window, 0, null);

    /// <summary>The same over what a cache kept, with a soft cap where above zero, a sink where there is one, and what is added to scores.</summary>
    public static float[] Attend(float[] query, IReadOnlyList<KvTwin> keys, IReadOnlyList<KvTwin> values, int window, float cap, float? sink, float[]? biases = null)
    {
        int count = keys.Count, first = Math.Max(0, count - window);
        float scale = 1f / MathF.Sqrt(query.Length), most = float.NegativeInfinity;
        var weights = new float[count];
        for (int p = first; p < count; p++)
        {
            weights[p] = Dot(query, keys[p].Elements) * keys[p].Scale * scale;
            if (cap > 0) weights[p] = cap * Tanh(weights[p] / cap);
            if (biases is not null) weights[p] += biases[p];
            most = MathF.Max(most, weights[p]);
        }

        if (sink > most) most = sink.Value;
        Span<float> lanes = stackalloc float[16];
        lanes.Clear();
        for (int p = first; p < count; p++) lanes[p % 16] += weights[p] = FloatMath.Exp(weights[p] - most);
        float inverse = 1f / (sink is null ? LaneTree(lanes) : LaneTree(lanes) + FloatMath.Exp(sink.Value - most));
        var result = new float[values[0].Elements.Length];
        for (int d = 0; d < result.Length; d++)
        {
            float sum = 0;
            for (int p = first; p < count; p++) sum = MathF.FusedMultiplyAdd(weights[p] * values[p].Scale, values[p].Elements[d], sum);
            result[d] = sum * inverse;
        }

        return result;
    }
}
