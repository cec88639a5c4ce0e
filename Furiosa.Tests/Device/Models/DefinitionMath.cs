namespace Furiosa.Tests.Device.Models;

/// <summary>The pieces that definitions of architectures are written in: plain double-precision loops over the tensors of a checkpoint.</summary>
/// <param name="model">The tensors.</param>
internal sealed class DefinitionMath(RandomCheckpoint model)
{
    /// <summary>A tensor as stored, or null.</summary>
    public float[]? this[string name] => model[name];

    /// <summary>A tensor, which must be there.</summary>
    public double[] Tensor(string name) => Array.ConvertAll(model[name] ?? throw new InvalidOperationException($"the checkpoint has no {name}"), value => (double)value);

    public double[] Embed(string name, int id, int width) => Tensor(name).AsSpan(id * width, width).ToArray();

    /// <summary>W x, and + b where the checkpoint has a bias.</summary>
    public double[] Linear(string name, double[] x)
    {
        double[] y = Product(Tensor(name + ".weight"), x);
        return model[name + ".bias"] is { } bias ? Add(y, Array.ConvertAll(bias, value => (double)value)) : y;
    }

    public static double[] Product(ReadOnlySpan<double> weights, double[] x)
    {
        var y = new double[weights.Length / x.Length];
        for (int n = 0; n < y.Length; n++)
        {
            for (int k = 0; k < x.Length; k++) y[n] += weights[n * x.Length + k] * x[k];
        }

        return y;
    }

    public static double[] Rms(double[] x, double[] weight, double epsilon)
    {
        double scale = 1 / Math.Sqrt(x.Sum(value => value * value) / x.Length + epsilon);
        return [.. x.Select((value, i) => weight[i] * value * scale)];
    }

    public double[] Rms(double[] x, string name, double epsilon) => Rms(x, Tensor(name + ".weight"), epsilon);

    public static double[] LayerNorm(double[] x, double[]? weight, double[]? bias, double epsilon)
    {
        double mean = x.Average(), variance = x.Sum(value => (value - mean) * (value - mean)) / x.Length;
        return [.. x.Select((value, i) => (value - mean) / Math.Sqrt(variance + epsilon) * (weight?[i] ?? 1) + (bias?[i] ?? 0))];
    }

    /// <summary>LayerNorm with the bias that the checkpoint may have.</summary>
    public double[] LayerNorm(double[] x, string name, double epsilon) =>
        LayerNorm(x, Tensor(name + ".weight"), model[name + ".bias"] is null ? null : Tensor(name + ".bias"), epsilon);

    public static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    public static double[] Times(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x * y)];

    public static double[] Times(double[] a, double factor) => [.. a.Select(x => x * factor)];

    public static double[] Map(double[] x, Func<double, double> function) => [.. x.Select(function)];

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double ReluSquared(double x) => Math.Max(x, 0) * Math.Max(x, 0);

    public static double[] Clip(double[] x, double limit) => Map(x, value => Math.Clamp(value, -limit, limit));

    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    public static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    public static double[] Softmax(double[] x)
    {
        double most = x.Max(), sum = x.Sum(value => Math.Exp(value - most));
        return [.. x.Select(value => Math.Exp(value - most) / sum)];
    }

    /// <summary>θ^(-2i/d).</summary>
    public static double[] Frequencies(int rotated, double theta) => [.. Enumerable.Range(0, rotated / 2).Select(i => Math.Pow(theta, -2.0 * i / rotated))];

    /// <summary>Turns elements i and i + half of the first 2 n of each head.</summary>
    public static double[] RotateHalves(double[] row, int dim, int position, double[] frequencies) =>
        Rotate(row, dim, position, frequencies, i => (i, i + frequencies.Length));

    /// <summary>Turns elements 2i and 2i + 1 of the first 2 n of each head.</summary>
    public static double[] RotatePairs(double[] row, int dim, int position, double[] frequencies) =>
        Rotate(row, dim, position, frequencies, i => (2 * i, 2 * i + 1));

    /// <summary>Causal attention of all positions; a bias is added to the score of a head and a key's position.</summary>
    public static double[][] Attend(
        double[][] queries, double[][] keys, double[][] values, int dim, double scale, int window = int.MaxValue, int? chunk = null, Func<int, int, double>? bias = null)
    {
        int group = queries[0].Length / keys[0].Length, valueDim = values[0].Length * dim / keys[0].Length;
        return [.. queries.Select((query, position) =>
        {
            var output = new double[query.Length / dim * valueDim];
            for (int head = 0; head < query.Length / dim; head++)
            {
                int kv = head / group, first = Math.Max(chunk is null ? 0 : position / chunk.Value * chunk.Value, position - window + 1);
                double[] weights = Softmax([.. Enumerable.Range(first, position + 1 - first).Select(
                    p => scale * Enumerable.Range(0, dim).Sum(d => query[head * dim + d] * keys[p][kv * dim + d]) + (bias?.Invoke(head, p) ?? 0))]);
                for (int d = 0; d < valueDim; d++) output[head * valueDim + d] = weights.Select((weight, p) => weight * values[first + p][kv * valueDim + d]).Sum();
            }

            return output;
        })];
    }

    private static double[] Rotate(double[] row, int dim, int position, double[] frequencies, Func<int, (int First, int Second)> pair)
    {
        double[] turned = [.. row];
        for (int head = 0; head < row.Length; head += dim)
        {
            for (int i = 0; i < frequencies.Length; i++)
            {
                var (first, second) = pair(i);
                var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                turned[head + first] = row[head + first] * cosine - row[head + second] * sine;
                turned[head + second] = row[head + second] * cosine + row[head + first] * sine;
            }
        }

        return turned;
    }

    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
