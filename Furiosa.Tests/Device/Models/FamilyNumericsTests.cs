using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>One answer for every family, experts included: the same bits however it is split, batched, cut into pieces or computed.</summary>
[TestFixture]
internal sealed class FamilyNumericsTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 41).Select(i => 3 + (i * 53 + 11) % 250)];

    private static IEnumerable<TestCaseData> Cases() =>
        from model in ConformanceTests.Architectures
        from kept in new[]
        {
            (WeightQuantization.None, KvCacheDtype.Float32), (WeightQuantization.Int8, KvCacheDtype.Float32), (WeightQuantization.Int4, KvCacheDtype.Float32),
            (WeightQuantization.None, KvCacheDtype.Int8), (WeightQuantization.Int8, KvCacheDtype.Bfloat16),
        }
        select new TestCaseData(model, kept.Item1, kept.Item2);

    [TestCaseSource(nameof(Cases))]
    public void Logits_AnySplitBatchAndPieces_AreEqual(string model, WeightQuantization quantization, KvCacheDtype cache)
    {
        string directory = TestPaths.RequireShared("conformance", "models", model);
        Check(new ModelHostOptions { ModelDirectory = directory, Quantization = quantization, KvCacheDtype = cache }, Prompt);
    }

    /// <summary>Compares one PE's logits with those of every split, of pieces, of a mixed batch and of other instructions.</summary>
    internal static void Check(ModelHostOptions options, int[] prompt)
    {
        float[][] expected;
        using (var runner = ReplicaRunner.Open(options)) expected = runner.Prefill(prompt);
        Assert.That(expected[^1].All(float.IsFinite), "logits are numbers");

        using (var host = ModelHost.Open(options))
        {
            foreach (var (tensorParallel, pipelineParallel) in new[] { (2, 1), (4, 2), (8, 1) })
            {
                using var runner = new ReplicaRunner(host, tensorParallel, Math.Min(pipelineParallel, host.Config.LayerCount));
                Bits.AssertEqual(runner.Prefill(prompt), expected, $"tp {tensorParallel}, pp {pipelineParallel}");
                Bits.AssertEqual(InPieces(runner, prompt, 7), expected, $"tp {tensorParallel}, pp {pipelineParallel}, in pieces");
            }

            using var mixed = new ReplicaRunner(host, 4);
            Bits.AssertEqual(Mixed(mixed, prompt), expected, "among other sequences");
        }

        foreach (var level in new[] { KernelLevel.Scalar, KernelLevel.Vector256 })
        {
            using var runner = ReplicaRunner.Open(options with { Kernels = level }, 8);
            Bits.AssertEqual(runner.Prefill(prompt), expected, $"{level}");
        }
    }

    private static float[][] InPieces(ReplicaRunner runner, int[] prompt, int piece)
    {
        var logits = new List<float[]>();
        for (int position = 0; position < prompt.Length; position += piece)
            logits.AddRange(runner.Extend(prompt[position..Math.Min(prompt.Length, position + piece)], position, firstBlock: 20));
        return [.. logits];
    }

    /// <summary>Half of it among prefills of others, the rest row by row among decodes.</summary>
    private static float[][] Mixed(ReplicaRunner runner, int[] prompt)
    {
        int half = prompt.Length / 2;
        int[] other = [.. prompt.Reverse()];
        SequenceSlice Mine(int position, int count) => new(1, position, count, [9, 3, 17]);
        SequenceSlice Theirs(int position, int count) => ReplicaRunner.Slice(2, position, count, 24);
        var logits = new List<float[]>(runner.Step(
            [.. other, .. prompt[..half]], [Theirs(0, other.Length), Mine(0, half)], [.. Enumerable.Range(other.Length, half).Select(ReplicaRunner.Greedy)]));
        for (int i = half; i < prompt.Length; i++)
            logits.AddRange(runner.Step([7, prompt[i]], [Theirs(other.Length + i - half, 1), Mine(i, 1)], [ReplicaRunner.Greedy(1)]));
        return [.. logits];
    }
}
