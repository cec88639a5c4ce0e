using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Pooled hidden states are equal to the bit however the model and the prompt are split, whatever else is in the batch.</summary>
[TestFixture("furiosa-demo")]
[TestFixture("qwen3")]
internal sealed class PoolingTests(string model)
{
    private readonly int[] _prompt = [.. Enumerable.Range(0, 37).Select(i => 3 + (i * 53 + 11) % 250)];

    private string Directory => model == "furiosa-demo" ? TestPaths.DemoModel : Fixtures.Model(model);

    [Test]
    public void Pool_AnyParallelismAndPieces_GivesTheSameSum([Values(1, 4, 8)] int tensorParallel, [Values(1, 2)] int pipelineParallel)
    {
        double[] expected = Whole(1, 1);
        Assert.That(Whole(tensorParallel, pipelineParallel), Is.EqualTo(expected));

        using var runner = ReplicaRunner.Open(Directory, tensorParallel, pipelineParallel);
        double[]? sum = null;
        for (int position = 0; position < _prompt.Length; position += 5)
        {
            int count = Math.Min(5, _prompt.Length - position);
            sum = runner.StepAll(_prompt[position..(position + count)], [ReplicaRunner.Slice(1, position, count, 0)], [new(0, new PoolRows(count, sum))]).Result.Answers[0].Sum;
        }

        Assert.That(sum, Is.EqualTo(expected));
    }

    [Test]
    public void Pool_BesideOtherSamples_GivesTheSameSumAndLogits()
    {
        double[] expected = Whole(4, 1);
        using var runner = ReplicaRunner.Open(Directory, 4);
        float[][] alone = runner.Step([5, 6, 7], [ReplicaRunner.Slice(2, 0, 3, 20)], [ReplicaRunner.Greedy(2)]);

        var (result, logits) = runner.StepAll(
            [5, 6, 7, .. _prompt], [ReplicaRunner.Slice(2, 0, 3, 20), ReplicaRunner.Slice(1, 0, _prompt.Length, 0)],
            [ReplicaRunner.Greedy(2), new(3, new PoolRows(_prompt.Length, null)), new(39, new ScoreToken(9, 0))]);

        Assert.That(result.Answers[1].Sum, Is.EqualTo(expected));
        Bits.AssertEqual(logits[..1], alone, "the other sequence's logits");
    }

    [Test]
    public void Pool_LastRow_IsTheLastTermOfTheSum()
    {
        using var runner = ReplicaRunner.Open(Directory, 2);
        var answers = runner.StepAll(
            _prompt, [ReplicaRunner.Slice(1, 0, _prompt.Length, 0)],
            [new(0, new PoolRows(_prompt.Length - 1, null)), new(_prompt.Length - 1, new PoolRows(1, null))]).Result.Answers;

        Assert.That(answers[0].Sum!.Zip(answers[1].Sum!, (before, last) => before + last), Is.EqualTo(Whole(1, 1)));
        Assert.That(answers[1].Sum, Has.Some.Not.Zero);
    }

    private double[] Whole(int tensorParallel, int pipelineParallel)
    {
        using var runner = ReplicaRunner.Open(Directory, tensorParallel, pipelineParallel);
        return runner.StepAll(_prompt, [ReplicaRunner.Slice(1, 0, _prompt.Length, 0)], [new(0, new PoolRows(_prompt.Length, null))]).Result.Answers[0].Sum!;
    }
}
