using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>One answer: logits equal to the bit however the model is split, whatever else is in the batch, with all instructions.</summary>
[TestFixture("furiosa-demo", WeightQuantization.None, KvCacheDtype.Float32)]
[TestFixture("llama-bias-linear-rope", WeightQuantization.None, KvCacheDtype.Float32)]
[TestFixture("qwen3", WeightQuantization.None, KvCacheDtype.Float32)]
[TestFixture("furiosa-demo", WeightQuantization.Int8, KvCacheDtype.Float32)]
[TestFixture("llama-bias-linear-rope", WeightQuantization.Int4, KvCacheDtype.Float32)]
[TestFixture("llama-bias-linear-rope", WeightQuantization.Int4Pure, KvCacheDtype.Float32)]
[TestFixture("qwen3", WeightQuantization.Int8, KvCacheDtype.Float32)]
[TestFixture("furiosa-demo", WeightQuantization.None, KvCacheDtype.Bfloat16)]
[TestFixture("qwen3", WeightQuantization.None, KvCacheDtype.Int8)]
[TestFixture("furiosa-demo", WeightQuantization.Int8, KvCacheDtype.Int8)]
internal sealed class NumericsRuleTests(string model, WeightQuantization quantization, KvCacheDtype cache)
{
    private readonly int[] _prompt = [.. Enumerable.Range(0, 37).Select(i => 3 + (i * 53 + 11) % 250)];
    private float[][] _expected = null!;

    private string Directory => model == "furiosa-demo" ? TestPaths.DemoModel : Fixtures.Model(model);

    private ReplicaRunner Open(int tensorParallel, int pipelineParallel = 1, KernelLevel level = KernelLevel.Auto) => ReplicaRunner.Open(
        new ModelHostOptions { ModelDirectory = Directory, Kernels = level, Quantization = quantization, KvCacheDtype = cache }, tensorParallel, pipelineParallel);

    [OneTimeSetUp]
    public void ComputeOnce()
    {
        using var runner = Open(1);
        _expected = runner.Prefill(_prompt);
    }

    [Test]
    public void Logits_AnyParallelism_AreEqual([Values(1, 2, 4, 8)] int tensorParallel, [Values(1, 2, 4)] int pipelineParallel)
    {
        using var runner = Open(tensorParallel, pipelineParallel);

        Bits.AssertEqual(runner.Prefill(_prompt), _expected, "whole");
        Bits.AssertEqual(InPieces(runner, 5, firstBlock: 20), _expected, "in pieces of 5");
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(16)]
    [TestCase(23)]
    public void Logits_PrefillInPieces_AreEqual(int piece)
    {
        using var runner = Open(4);

        Bits.AssertEqual(InPieces(runner, piece, firstBlock: 7), _expected, $"in pieces of {piece}");
    }

    [TestCase(KernelLevel.Scalar, 1)]
    [TestCase(KernelLevel.Scalar, 4)]
    [TestCase(KernelLevel.Vector256, 1)]
    [TestCase(KernelLevel.Vector256, 4)]
    [TestCase(KernelLevel.Vector512, 4)]
    [TestCase(KernelLevel.Vnni512, 8)]
    public void Logits_AnyInstructions_AreEqual(KernelLevel level, int tensorParallel)
    {
        using var runner = Open(tensorParallel, level: level);

        Bits.AssertEqual(runner.Prefill(_prompt), _expected, "whole");
        Bits.AssertEqual(runner.Extend(_prompt[30..], 30), _expected[30..], "last part again, on the cached first part");
    }

    [Test]
    public void Logits_AmongOtherSequences_AreEqual([Values(1, 4)] int tensorParallel)
    {
        using var runner = Open(tensorParallel);
        int[] other = [.. Enumerable.Range(0, 50).Select(i => 4 + i * 31 % 240)];
        SequenceSlice Mine(int position, int count) => new(1, position, count, [9, 3, 17]);
        SequenceSlice Theirs(long id, int position, int count) => ReplicaRunner.Slice(id, position, count, 20 + 4 * (int)id);

        // Others prefill before and behind; then one row of each decodes beside ours.
        float[][] mixed = runner.Step(
            [.. other, .. _prompt[..30], .. other[..11]], [Theirs(2, 0, 50), Mine(0, 30), Theirs(3, 0, 11)],
            [.. Enumerable.Range(50, 30).Select(ReplicaRunner.Greedy)]);
        Bits.AssertEqual(mixed, _expected[..30], "among prefills");
        for (int i = 30; i < _prompt.Length; i++)
        {
            float[][] row = runner.Step(
                [7, _prompt[i], 5, 6], [Theirs(2, 50 + i - 30, 1), Mine(i, 1), Theirs(3, 11 + 2 * (i - 30), 2)], [ReplicaRunner.Greedy(1)]);
            Bits.AssertEqual(row, [_expected[i]], $"position {i} among decodes");
        }
    }

    [Test]
    public void Logits_AfterBlockCopy_AreEqualAndTheSourceKeepsItsOwn()
    {
        using var runner = Open(4);
        runner.Prefill(_prompt[..20]);

        // A second sequence shares block 0 and takes a copy of the half-filled block 1, which each then fills differently.
        float[][] copied = runner.Step(
            _prompt[20..], [new SequenceSlice(2, 20, 17, [0, 40, 41])], [.. Enumerable.Range(0, 17).Select(ReplicaRunner.Greedy)], [new BlockCopy(1, 40)]);
        Bits.AssertEqual(copied, _expected[20..], "copy");
        Bits.AssertEqual(runner.Extend(_prompt[20..], 20), _expected[20..], "source");
    }

    [Test]
    public void Logits_AnySliceZeroed_Change([Values(0, 1, 2, 3)] int rank)
    {
        using var runner = Open(4);
        foreach (var shard in runner.Stages[0].Context.Stage.Pes[rank].Layers)
        {
            shard.Output!.Clear();
            foreach (var ffn in shard.Ffns) ffn.Down.Clear();
        }

        Assert.That(runner.Prefill(_prompt)[^1], Is.Not.EqualTo(_expected[^1]));
    }

    private float[][] InPieces(ReplicaRunner runner, int piece, int firstBlock)
    {
        var logits = new List<float[]>();
        for (int position = 0; position < _prompt.Length; position += piece)
            logits.AddRange(runner.Extend(_prompt[position..Math.Min(_prompt.Length, position + piece)], position, firstBlock));
        return [.. logits];
    }
}
