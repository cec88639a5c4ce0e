namespace Furiosa.Gateway.LoadBench;

/// <summary>When requests are sent: gaps drawn from a gamma distribution, so that shape 1 is a Poisson process.</summary>
internal static class Arrivals
{
    /// <summary>Seconds from the beginning at which each request is due; all 0 for an infinite rate.</summary>
    public static double[] Times(int count, double rate, double burstiness, int seed)
    {
        var times = new double[count];
        if (double.IsPositiveInfinity(rate)) return times;
        var random = new Random(seed);
        for (var i = 1; i < count; i++) times[i] = times[i - 1] + (Gamma(random, burstiness) / (rate * burstiness));
        // Drawn gaps drift from the asked mean: they are stretched or pressed to it, so that never more load than asked is offered.
        var last = count > 1 ? times[^1] : 0;
        if (last > 0)
        {
            var factor = (count - 1) / rate / last;
            for (var i = 0; i < count; i++) times[i] *= factor;
        }
        return times;
    }

    // Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
    private static double Gamma(Random random, double shape)
    {
        if (shape < 1) return Gamma(random, shape + 1) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v))) return d * v;
        }
    }
}
