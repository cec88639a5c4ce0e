using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;

namespace Furiosa.Tests.Actors.Scheduling;

internal sealed class PrefixCacheTests
{
    private static SchedulerOptions Options => new() { BlockCount = 64, MaxModelLen = 512 };

    [TestCase(48, 32)] // the last token is computed, so its block is
    [TestCase(49, 48)]
    [TestCase(15, 0)]
    public void Submit_SamePromptAgain_ReusesItsFullBlocksButForTheLastToken(int length, int cached)
    {
        var bench = new SchedulerBench(Options);

        Assert.That(CachedTokens(bench, "first", Requests.Prompt(length)), Is.Zero);
        Assert.That(CachedTokens(bench, "second", Requests.Prompt(length)), Is.EqualTo(cached));
    }

    [Test]
    public void Submit_PromptGoesOnFromAnAnswer_ReusesPromptAndOutput()
    {
        var bench = new SchedulerBench(Options);
        CachedTokens(bench, "first", Requests.Prompt(20), 40);
        int[] conversation = [.. Requests.Prompt(20), .. bench.Ids("first", 0), 5, 6];

        // 59 positions of the first were computed: three blocks and eleven positions.
        Assert.That(CachedTokens(bench, "second", conversation), Is.EqualTo(48));
    }

    [Test]
    public void Submit_PromptScoresAskedFor_SkipsTheCache()
    {
        var bench = new SchedulerBench(Options);
        CachedTokens(bench, "first", Requests.Prompt(40));
        bench.Submit(Requests.Of("second", Requests.Prompt(40), 3) with { PromptTopLogprobs = 0 });
        bench.RunToEnd();

        Assert.That(bench.Events["second"].OfType<GenerationStarted>().Single().CachedPromptTokens, Is.Zero);
        Assert.That(bench.Events["second"].OfType<PromptScored>().Single().Tokens, Has.Length.EqualTo(39));
    }

    [Test]
    public void Submit_PoolIsFull_ForgetsTheLeastRecentlyUsedFirst()
    {
        var bench = new SchedulerBench(new SchedulerOptions { BlockCount = 10, MaxModelLen = 160 });
        CachedTokens(bench, "a", Requests.Prompt(49, 1));
        CachedTokens(bench, "b", Requests.Prompt(49, 2));
        CachedTokens(bench, "a again", Requests.Prompt(49, 1));

        // Eight blocks for the newcomer: those of b go, and of a only the last ones.
        CachedTokens(bench, "c", Requests.Prompt(113, 3));

        Assert.That(CachedTokens(bench, "b again", Requests.Prompt(49, 2)), Is.Zero);
        Assert.That(bench.Scheduler.CheckIntegrity(), Is.Null);
    }

    [Test]
    public void Evict_BlocksOfOneSequence_LeavesGoBeforeTheirParents()
    {
        var pool = new BlockPool(3, prefixCaching: true);
        int[] blocks = [pool.Take(), pool.Take(), pool.Take()];
        for (var i = 0; i < 3; i++) pool.Cache!.TryAdd(blocks[i], i == 0 ? -1 : blocks[i - 1], Requests.Prompt(16, i));
        for (var i = 2; i >= 0; i--) pool.Release(blocks[i]);

        Assert.That(pool.Take(), Is.EqualTo(blocks[2]));
        Assert.That(pool.Cache!.Find(-1, Requests.Prompt(16, 0)), Is.EqualTo(blocks[0]));
        Assert.That(pool.Cache.Find(blocks[0], Requests.Prompt(16, 1)), Is.EqualTo(blocks[1]));
        Assert.That(pool.Cache.Find(blocks[1], Requests.Prompt(16, 2)), Is.EqualTo(-1));
    }

    [Test]
    public void Find_ParentWasEvictedAndItsBlockUsedAgain_FindsNoStaleChild()
    {
        var pool = new BlockPool(2, prefixCaching: true);
        var (parent, child) = (pool.Take(), pool.Take());
        pool.Cache!.TryAdd(parent, -1, Requests.Prompt(16, 0));
        pool.Cache.TryAdd(child, parent, Requests.Prompt(16, 1));
        pool.Release(parent);
        Assert.That(pool.Take(), Is.EqualTo(parent));
        pool.Cache.TryAdd(parent, -1, Requests.Prompt(16, 5));

        Assert.That(pool.Cache.Find(parent, Requests.Prompt(16, 1)), Is.EqualTo(-1));
    }

    private static int CachedTokens(SchedulerBench bench, string id, int[] prompt, int maxTokens = 2)
    {
        bench.Submit(Requests.Of(id, prompt, maxTokens));
        bench.RunToEnd();
        return bench.Events[id].OfType<GenerationStarted>().Single().CachedPromptTokens;
    }
}
