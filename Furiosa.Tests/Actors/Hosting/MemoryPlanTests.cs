using Furiosa.Actors.Hosting;
using Furiosa.Device.Execution;

namespace Furiosa.Tests.Actors.Hosting;

internal sealed class MemoryPlanTests
{
    private static readonly RuntimeOptions Options = new() { ModelDirectory = "" };

    [Test]
    public void Make_PlentyOfMemory_HoldsSixtyFourFullSequences()
    {
        var plan = MemoryPlan.Make(Options, 2048, 1 << 10, 0, 1, 1L << 40);

        Assert.That(plan, Is.EqualTo(new MemoryPlan(new CacheSize(64 * 128), 2048, null)));
    }

    [Test]
    public void Make_FewerSequencesAllowed_HoldsThose() =>
        Assert.That(MemoryPlan.Make(Options with { MaxConcurrency = 3 }, 2048, 1 << 10, 0, 1, 1L << 40).Cache.Blocks, Is.EqualTo(3 * 128));

    [Test]
    public void Make_LittleMemory_TakesHalfOfItForAllReplicas() =>
        Assert.That(MemoryPlan.Make(Options, 2048, 1 << 10, 0, 2, 1 << 20).Cache.Blocks, Is.EqualTo(256));

    [Test]
    public void Make_NotEvenOneSequenceFits_LowersTheLimitAndSaysSo()
    {
        var plan = MemoryPlan.Make(Options with { KvCacheBytes = 10 << 10 }, 2048, 1 << 10, 0, 1, 1L << 40);

        Assert.That(plan.MaxModelLen, Is.EqualTo(160));
        Assert.That(plan.Notice, Does.Contain("from 2048 to 160"));
    }

    [Test]
    public void Make_LimitAskedForDoesNotFit_IsRefusedWithWhatWould() =>
        Assert.That(
            () => MemoryPlan.Make(Options with { KvCacheBytes = 10 << 10, MaxModelLen = 1000 }, 1000, 1 << 10, 0, 1, 1L << 40),
            Throws.TypeOf<RuntimeConfigurationException>().With.Message.Contains("lower --max-model-len to 160"));

    [Test]
    public void Make_ModelKeepsStates_MakesThreeForEachSequenceAndBlocksOfTheRest()
    {
        Assert.That(MemoryPlan.Make(Options, 2048, 1 << 10, 1 << 20, 1, 1L << 40).Cache, Is.EqualTo(new CacheSize(64 * 128, 192)));
        Assert.That(MemoryPlan.Make(Options with { MaxConcurrency = 5 }, 2048, 1 << 10, 1 << 20, 1, 1L << 40).Cache, Is.EqualTo(new CacheSize(5 * 128, 15)));
        Assert.That(MemoryPlan.Make(Options with { MaxConcurrency = 1 }, 2048, 1 << 10, 1 << 20, 1, 1L << 40).Cache.States, Is.EqualTo(4));
    }

    [Test]
    public void Make_StatesAreLarge_TakesHalfOfTheBytesOrTheFewest()
    {
        Assert.That(MemoryPlan.Make(Options with { KvCacheBytes = 60 << 20 }, 2048, 1 << 10, 1 << 20, 2, 0).Cache, Is.EqualTo(new CacheSize(15 << 10, 15)));
        Assert.That(MemoryPlan.Make(Options with { KvCacheBytes = 6 << 20 }, 2048, 1 << 10, 1 << 20, 1, 0).Cache, Is.EqualTo(new CacheSize(2 << 10, 4)));
    }

    [Test]
    public void Make_NotEvenFourStatesFit_IsRefusedWithTheRemedy() =>
        Assert.That(
            () => MemoryPlan.Make(Options with { KvCacheBytes = 3 << 20 }, 2048, 1 << 10, 1 << 20, 1, 0),
            Throws.TypeOf<RuntimeConfigurationException>().With.Message.Contains("4 states of 1 MB each").And.Message.Contains("furiosa.kv-cache.memory"));

    [Test]
    public void Make_NoLayerKeepsKeysAndValues_BlocksCountPositionsOnly()
    {
        Assert.That(MemoryPlan.Make(Options, 2048, 0, 1 << 20, 1, 16 << 20).Cache, Is.EqualTo(new CacheSize(64 * 128, 4)));
        Assert.That(MemoryPlan.Make(Options with { KvCacheBytes = 16 << 20 }, 2048, 0, 1 << 20, 1, 0).Cache, Is.EqualTo(new CacheSize(64 * 128, 8)));
    }

    /// <summary>Nothing but this bounds them, and a scheduler remembers each.</summary>
    [TestCase(1 << 18, 1 << 20)]
    [TestCase(1 << 24, 1 << 20)]
    [TestCase(1 << 25, 1 << 21)]
    public void Make_NoLayerKeepsKeysAndValuesOfLongSequences_BlocksAreBounded(int longest, int blocks)
    {
        var plan = MemoryPlan.Make(Options, longest, 0, 1 << 20, 1, 1L << 40);

        Assert.That((plan.Cache.Blocks, plan.MaxModelLen), Is.EqualTo((blocks, longest)));
    }

    [Test]
    public void Make_NotEvenABlockFits_IsRefused() =>
        Assert.That(() => MemoryPlan.Make(Options, 2048, 1 << 20, 0, 8, 1 << 20), Throws.TypeOf<RuntimeConfigurationException>());
}
