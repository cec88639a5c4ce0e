using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

internal sealed class WarmUpStepsTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(300, 40)];

    [TestCase(1, 1)]
    [TestCase(4, 1)]
    [TestCase(2, 2)]
    public void Run_BeforeTheFirstRequest_ComputesWithoutATrace(int tensorParallel, int stages)
    {
        using var cold = ReplicaRunner.Open(TestPaths.DemoModel, tensorParallel, stages);
        using var warm = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, WarmUp = true }, tensorParallel, stages);
        int[] steps = [.. warm.Stages.Select(stage => WarmUpSteps.Run(stage, 2048))];

        Assert.That(steps[0], Is.Positive);
        Assert.That(steps[1..], Is.All.Zero, "later stages begin with what earlier ones made");
        Assert.That(warm.Stages.Select(stage => stage.Times), Is.All.EqualTo(default(StageTimes)));
        Assert.That(warm.Prefill(Prompt), Is.EqualTo(cold.Prefill(Prompt)), "the blocks that they used are written over");
    }

    [Test]
    public void Run_TooFewBlocks_DoesNothing()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, WarmUp = true });
        using var runner = new ReplicaRunner(host, blocks: 4);

        Assert.That(WarmUpSteps.Run(runner.Stages[0], 2048), Is.Zero);
    }
}
