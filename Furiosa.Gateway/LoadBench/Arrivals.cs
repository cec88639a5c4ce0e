namespace Furiosa.Gateway.LoadBench;

/// <summary>When requests are sent: gaps drawn from a gamma distribution, so that shape 1 is a Poisson process.</summary>
internal static class Arrivals
{
    /// <summary>Seconds from the beginning at which each request is due; all 0 for an infinite rate.</summary>
    /// <param name="count">How many.</param>
    /// <param name="rate">Requests a second when a part of them, from 0 to 1, has been sent.</param>
    /// <param name="burstiness">The shape of the distribution.</param>
    /// <param name="seed">Draws differ with it.</param>
    public static double[] Times(int count, Func<double, double> rate, double burstiness, int seed)
    {
        var times = new double[count];
        if (double.IsPositiveInfinity(rate(0))) return times;
        var random = new Random(seed);
        var asked = 0.0;
        for (var i = 1; i < count; i++)
        {
            var mean = 1 / rate(i / (double)count);
            asked += mean;
            times[i] = times[i - 1] + (Gamma(random, burstiness) / burstiness * mean);
        }
        // Drawn gaps drift from the asked mean: they are stretched or pressed to it, so that never more load than asked is offered.
        var last = count > 1 ? times[^1] : 0;
        if (last > 0)
        {
            var factor = asked / last;
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
