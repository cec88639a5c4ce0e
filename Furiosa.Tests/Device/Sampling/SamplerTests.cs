using Furiosa.Device.Kernels;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Sampling;

public sealed class SamplerTests
{
    private readonly Sampler _sampler = new();

    [Test]
    public void Sample_Greedy_TakesTheLowerOfEqualIds()
    {
        var options = new SamplingOptions { Temperature = 0 };

        Assert.That(_sampler.Sample([1, 5, 2, 5], options, 0, 0, [], [], []).Id, Is.EqualTo(1));
        Assert.That(_sampler.Sample([1, 5, 2, 5], options, 0, 0, [], [], [1]).Id, Is.EqualTo(3));
    }

    [Test]
    public void Sample_Logprobs_AreThoseOfTheModelWhateverTheOptions()
    {
        float[] logits = [.. Row(1, 3000)];
        var log = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        var options = new SamplingOptions { Temperature = 0.3f, TopK = 4, RepetitionPenalty = 1.7f, TopLogprobs = 3, Seed = 5 };

        var token = _sampler.Sample(logits, options, 0, 9, [1, 2, 3], [4, 4], [8]);

        var expected = logits.Select((logit, id) => (id, logit)).OrderByDescending(each => each.logit).Take(3).ToArray();
        Assert.That(token.Logprob, Is.EqualTo(logits[token.Id] - log).Within(1e-5));
        Assert.That(token.Top!.Select(each => each.Id), Is.EqualTo(expected.Select(each => each.id)));
        for (var i = 0; i < 3; i++) Assert.That(token.Top![i].Logprob, Is.EqualTo(expected[i].logit - log).Within(1e-5));
        Assert.That(_sampler.Score(logits, token.Id, 3).Logprob, Is.EqualTo(token.Logprob));
        Assert.That(_sampler.Score(logits, token.Id, 3).Top, Is.EqualTo(token.Top));
    }

    [Test]
    public void Sample_NoLogprobsAsked_GivesNone()
    {
        Assert.That(_sampler.Sample([1, 2], new SamplingOptions(), 0, 0, [], [], []).Logprob, Is.NaN);
        var own = _sampler.Sample([1, 2], new SamplingOptions { TopLogprobs = 0 }, 0, 0, [], [], []);
        Assert.That(own.Logprob, Is.LessThan(0));
        Assert.That(own.Top, Is.Null);
    }

    [Test]
    public void Sample_SameKeys_GivesTheSameTokenOnAnySampler()
    {
        var logits = Row(2, 5000);
        var options = new SamplingOptions { TopP = 0.9f, Seed = 77 };
        var first = Enumerable.Range(0, 50).Select(position => _sampler.Sample(logits, options, 1, position, [], [], []).Id).ToArray();

        _sampler.Sample(Row(3, 9000), options with { TopK = 3, RepetitionPenalty = 2, FrequencyPenalty = 1 }, 0, 0, [5], [6], [7]);
        var again = Enumerable.Range(0, 50).Reverse().Select(position => _sampler.Sample(logits, options, 1, position, [], [], []).Id).Reverse();

        Assert.That(again, Is.EqualTo(first));
        Assert.That(new Sampler().Sample(logits, options, 1, 20, [], [], []).Id, Is.EqualTo(first[20]));
    }

    [TestCase(-1, 1f, 0f)]
    [TestCase(-1, 1f, 0.3f)]
    [TestCase(5, 1f, 0f)]
    [TestCase(-1, 0.7f, 0f)]
    [TestCase(40, 0.8f, 0.1f)]
    public void Sample_ManyPositions_FollowsTheDistribution(int topK, float topP, float minP)
    {
        const int draws = 20_000;
        var logits = Row(4, 50);
        var options = new SamplingOptions { Temperature = 1.5f, TopK = topK, TopP = topP, MinP = minP, Seed = 11 };
        var probabilities = new double[50];
        _sampler.Distribution(logits, options, [], [], [], probabilities);
        var counts = new int[50];
        for (var position = 0; position < draws; position++) counts[_sampler.Sample(logits, options, 0, position, [], [], []).Id]++;

        Assert.That(probabilities.Sum(), Is.EqualTo(1).Within(1e-6));
        for (var id = 0; id < 50; id++)
        {
            Assert.That(counts[id] / (double)draws, Is.EqualTo(probabilities[id]).Within(0.015), $"id {id}");
            if (probabilities[id] == 0) Assert.That(counts[id], Is.Zero);
        }
    }

    [Test]
    public void Distribution_Penalties_FollowTheirDefinitions()
    {
        float[] logits = [2, -1, 0.5f, 3, -2, 1];
        var options = new SamplingOptions
        {
            RepetitionPenalty = 2, PresencePenalty = 0.5f, FrequencyPenalty = 0.25f, LogitBias = new Dictionary<int, float> { [5] = 1.5f, [99] = 3, [-1] = 3 },
        };
        // bias: 5 -> 2.5; repetition (prompt 0 and 1, output 3 twice): 0 -> 1, 1 -> -2, 3 -> 1.5; output 3 twice: 1.5 - 0.5 - 0.5; 4 banned
        double[] expected = [1, -2, 0.5, 0.5, double.NegativeInfinity, 2.5];
        var sum = expected.Sum(Math.Exp);
        var probabilities = new double[6];

        _sampler.Distribution(logits, options, [0, 1, 1, 70_000], [3, 3, -5], [4, 1000], probabilities);

        for (var id = 0; id < 6; id++) Assert.That(probabilities[id], Is.EqualTo(Math.Exp(expected[id]) / sum).Within(1e-6));
    }

    [TestCase(3, 1f, "1,1,1,0,0")]
    [TestCase(1, 1f, "1,0,0,0,0")]
    [TestCase(-1, 0.5f, "1,1,1,0,0")]
    [TestCase(-1, 0.2f, "1,0,0,0,0")]
    [TestCase(-1, 0f, "1,0,0,0,0")]
    public void Distribution_EqualLogits_KeepTheLowerIds(int topK, float topP, string kept)
    {
        var probabilities = new double[5];

        _sampler.Distribution([1, 1, 1, 1, 1], new SamplingOptions { TopK = topK, TopP = topP }, [], [], [], probabilities);

        Assert.That(string.Join(",", probabilities.Select(probability => probability > 0 ? 1 : 0)), Is.EqualTo(kept));
    }

    [Test]
    public void Sample_BrokenLogits_StillChooses()
    {
        var options = new SamplingOptions { TopLogprobs = 2, TopP = 0.9f };

        Assert.That(_sampler.Sample([float.NaN, float.NaN, float.NaN], options, 0, 0, [], [], [0]).Id, Is.EqualTo(1));
        Assert.That(_sampler.Sample([float.NaN, float.PositiveInfinity, 3], options, 0, 0, [], [], []).Id, Is.EqualTo(1));
        Assert.That(_sampler.Sample([float.NegativeInfinity, 3, float.NaN], options, 0, 0, [], [], []).Id, Is.EqualTo(1));
        Assert.That(_sampler.Sample([1, 2], options, 0, 0, [], [], [0, 1]).Id, Is.Zero);
    }

    [Test]
    public void Sample_EveryInstructionLevel_GivesTheSameBits()
    {
        SamplingOptions[] all =
        [
            new() { TopLogprobs = 5 }, new() { Temperature = 0.7f, TopP = 0.9f, TopLogprobs = 0 }, new() { Temperature = 2.5f, TopP = 0.999f, MinP = 0.001f },
            new() { TopK = 50, TopP = 0.95f }, new() { MinP = 0.2f },
        ];
        foreach (var vocabulary in new[] { 1, 17, 1000, 1024, 5003 })
        {
            var logits = Row(vocabulary, vocabulary);
            string Run(KernelLevel level) => string.Join(" ", all.SelectMany(options => Enumerable.Range(0, 30).Select(position =>
            {
                var token = new Sampler(level).Sample(logits, options with { Seed = 3 }, 0, position, [], [], []);
                return $"{token.Id}/{BitConverter.SingleToInt32Bits(token.Logprob)}/{string.Join(",", (token.Top ?? []).Select(top => $"{top.Id}:{BitConverter.SingleToInt32Bits(top.Logprob)}"))}";
            })));

            Assert.That(Run(KernelLevel.Vector256), Is.EqualTo(Run(KernelLevel.Scalar)));
            Assert.That(Run(KernelLevel.Vector512), Is.EqualTo(Run(KernelLevel.Scalar)));
        }
    }

    [Test]
    public void Rank_Candidates_AreBestFirstAndBannedOnesAbsent()
    {
        float[] logits = [1, 4, 2, 4, 0];
        var log = Math.Log(logits.Sum(logit => Math.Exp(logit)));

        var all = _sampler.Rank(logits, 3, new SamplingOptions { Temperature = 0 }, [], [], []);
        var fewer = _sampler.Rank(logits, 9, new SamplingOptions { RepetitionPenalty = 2 }, [3], [], [1]);

        Assert.That(all.Select(each => each.Id), Is.EqualTo(new[] { 1, 3, 2 }));
        Assert.That(all[0].Logprob, Is.EqualTo(4 - log).Within(1e-6));
        Assert.That(fewer.Select(each => each.Id), Is.EqualTo(new[] { 3, 2, 0, 4 }), "not normalised again: the penalty doubles a log-probability");
        Assert.That(fewer[0].Logprob, Is.EqualTo(2 * (4 - log)).Within(1e-6));
    }

    /// <summary>Answers are the same whatever it takes: only time shows where a level has fallen to plain floats.</summary>
    [TestCase(KernelLevel.Scalar, typeof(LanesScalar))]
    [TestCase(KernelLevel.Vector256, typeof(Lanes256))]
    [TestCase(KernelLevel.Vector512, typeof(Lanes512))]
    [TestCase(KernelLevel.Vnni512, typeof(Lanes512))]
    public void For_EveryLevel_TakesTheLanesOfItsKernels(KernelLevel level, Type lanes)
    {
        Assert.That(ExponentialSums.For(level).GetType().GetGenericArguments(), Is.EqualTo([lanes]));
        Assert.That(KernelSet.For(level).GetType().GetGenericArguments(), Is.EqualTo([lanes]));
    }

    [Test]
    public void Sample_SteadyState_AllocatesNothing()
    {
        var logits = Row(6, 4000);
        SamplingOptions[] all =
        [
            new() { Temperature = 0 }, new(), new() { TopK = 40, TopP = 0.9f, MinP = 0.01f }, new() { TopP = 0.99f, RepetitionPenalty = 1.1f, FrequencyPenalty = 1, TopLogprobs = 0 },
        ];
        int[] ids = [1, 2, 3];
        void Run()
        {
            foreach (var options in all)
                for (var position = 0; position < 20; position++) _sampler.Sample(logits, options, 0, position, ids, ids, ids);
        }

        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static float[] Row(int seed, int vocabulary)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(random.NextDouble() * 8 - 4))];
    }
}
