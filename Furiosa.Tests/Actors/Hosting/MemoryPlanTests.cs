using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Actors.Hosting;

internal sealed class MemoryPlanTests
{
    private static readonly RuntimeOptions Options = new() { ModelDirectory = "" };

    [Test]
    public void Make_PlentyOfMemory_HoldsSixtyFourFullSequences()
    {
        var plan = MemoryPlan.Make(Options, 2048, 1 << 10, 1, 1L << 40);

        Assert.That(plan, Is.EqualTo(new MemoryPlan(64 * 128, 2048, null)));
    }

    [Test]
    public void Make_FewerSequencesAllowed_HoldsThose() =>
        Assert.That(MemoryPlan.Make(Options with { MaxConcurrency = 3 }, 2048, 1 << 10, 1, 1L << 40).BlockCount, Is.EqualTo(3 * 128));

    [Test]
    public void Make_LittleMemory_TakesHalfOfItForAllReplicas() =>
        Assert.That(MemoryPlan.Make(Options, 2048, 1 << 10, 2, 1 << 20).BlockCount, Is.EqualTo(256));

    [Test]
    public void Make_NotEvenOneSequenceFits_LowersTheLimitAndSaysSo()
    {
        var plan = MemoryPlan.Make(Options with { KvCacheBytes = 10 << 10 }, 2048, 1 << 10, 1, 1L << 40);

        Assert.That(plan.MaxModelLen, Is.EqualTo(160));
        Assert.That(plan.Notice, Does.Contain("from 2048 to 160"));
    }

    [Test]
    public void Make_LimitAskedForDoesNotFit_IsRefusedWithWhatWould() =>
        Assert.That(
            () => MemoryPlan.Make(Options with { KvCacheBytes = 10 << 10, MaxModelLen = 1000 }, 1000, 1 << 10, 1, 1L << 40),
            Throws.TypeOf<RuntimeConfigurationException>().With.Message.Contains("lower --max-model-len to 160"));

    [Test]
    public void Make_NotEvenABlockFits_IsRefused() =>
        Assert.That(() => MemoryPlan.Make(Options, 2048, 1 << 20, 8, 1 << 20), Throws.TypeOf<RuntimeConfigurationException>());
}
