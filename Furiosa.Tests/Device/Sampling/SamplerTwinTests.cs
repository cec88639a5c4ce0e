using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Sampling;

/// <summary>Random settings together, against the documented order written out in plain loops and doubles.</summary>
public sealed class SamplerTwinTests
{
    [Test]
    public void Distribution_AnySettings_EqualsTheDocumentedOrder([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        var sampler = new Sampler();
        for (var round = 0; round < 40; round++)
        {
            var logits = Enumerable.Range(0, random.Next(2, 400)).Select(_ => (float)((random.NextDouble() - 0.5) * 16)).ToArray();
            int[] Some(int most) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => random.Next(logits.Length))];
            var options = Any(random, logits.Length);
            var (prompt, generated) = (Some(20), Some(20));
            int[] banned = [.. Some(4).Where(id => id > 0)];
            var actual = new double[logits.Length];

            sampler.Distribution(logits, options, prompt, generated, banned, actual);

            var expected = Expected(logits, options, prompt, generated, banned);
            Assert.That(actual.Zip(expected, (a, b) => Math.Abs(a - b)).Sum() / 2, Is.LessThan(1e-6), $"round {round}: {options}");
        }
    }

    private static SamplingOptions Any(Random random, int vocabulary)
    {
        float Between(double low, double high) => (float)(low + (random.NextDouble() * (high - low)));
        bool Sometimes() => random.Next(2) == 0;
        return new SamplingOptions
        {
            Temperature = Between(0.2, 2),
            TopK = Sometimes() ? random.Next(1, vocabulary + 2) : -1,
            TopP = Sometimes() ? Between(0.05, 1) : 1,
            MinP = Sometimes() ? Between(0, 0.4) : 0,
            RepetitionPenalty = Sometimes() ? Between(0.3, 2) : 1,
            PresencePenalty = Sometimes() ? Between(-2, 2) : 0,
            FrequencyPenalty = Sometimes() ? Between(-2, 2) : 0,
            LogitBias = Sometimes() ? Enumerable.Range(0, 5).Select(_ => random.Next(vocabulary)).Distinct().ToDictionary(id => id, _ => Between(-8, 8)) : null,
        };
    }

    private static double[] Expected(float[] logits, SamplingOptions options, int[] prompt, int[] generated, int[] banned)
    {
        var row = logits.Select(logit => (double)logit).ToArray();
        foreach (var (id, bias) in options.LogitBias ?? new Dictionary<int, float>()) row[id] += bias;
        foreach (var id in prompt.Concat(generated).Distinct()) row[id] = row[id] > 0 ? row[id] / options.RepetitionPenalty : row[id] * options.RepetitionPenalty;
        foreach (var group in generated.GroupBy(id => id)) row[group.Key] -= options.PresencePenalty + (options.FrequencyPenalty * group.Count());
        foreach (var id in banned) row[id] = double.NegativeInfinity;
        var best = row.Max();
        var kept = row.Select((logit, id) => (Id: id, Weight: Math.Exp((logit - best) / options.Temperature))).Where(one => one.Weight > 0).OrderByDescending(one => one.Weight).ThenBy(one => one.Id).ToList();
        if (options.TopK > 0) kept = kept.Take(options.TopK).ToList();
        var (sum, before) = (kept.Sum(one => one.Weight), 0.0);
        kept = kept.TakeWhile((one, i) =>
        {
            var isIn = i == 0 || before < options.TopP * sum;
            before += one.Weight;
            return isIn;
        }).ToList();
        kept = kept.Where(one => one.Weight >= options.MinP * kept[0].Weight).ToList();
        var expected = new double[logits.Length];
        foreach (var (id, weight) in kept) expected[id] = weight / kept.Sum(one => one.Weight);
        return expected;
    }
}
