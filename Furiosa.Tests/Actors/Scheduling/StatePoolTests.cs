using Furiosa.Actors.Scheduling;

namespace Furiosa.Tests.Actors.Scheduling;

internal sealed class StatePoolTests
{
    [Test]
    public void Take_SomeAreFree_GivesTheLowest()
    {
        var pool = new StatePool(130);
        for (var slot = 0; slot < 130; slot++) Assert.That(pool.Take(), Is.EqualTo(slot));
        Assert.That(pool.Available, Is.Zero);
        foreach (var slot in (int[])[129, 3, 70]) pool.Release(slot);

        Assert.That((int[])[pool.Take(), pool.Take(), pool.Take()], Is.EqualTo((int[])[3, 70, 129]));
    }

    [Test]
    public void Take_NothingIsFree_GivesUpTheSnapshotThatWasUsedLongestAgo()
    {
        var pool = new StatePool(3);
        for (var slot = 0; slot < 3; slot++) Assert.That(pool.TryKeep(pool.Take(), block: 10 + slot), Is.True);
        foreach (var slot in (int[])[1, 0, 2]) pool.Release(slot);
        pool.Share(1);
        pool.Release(1);

        Assert.That((pool.Free, pool.Idle), Is.EqualTo((0, 3)));
        Assert.That(pool.Take(), Is.Zero);
        Assert.That((pool.Find(10), pool.Find(11), pool.Find(12)), Is.EqualTo((-1, 1, 2)));
        Assert.That(pool.Take(), Is.EqualTo(2));
    }

    [Test]
    public void Take_ASnapshotIsUsed_IsNotGivenUp()
    {
        var pool = new StatePool(1);
        var slot = pool.Take();
        pool.TryKeep(slot, 5);

        Assert.That(pool.Available, Is.Zero);
        Assert.That(() => pool.Take(), Throws.InvalidOperationException);
        Assert.That(() =>
        {
            pool.Release(slot);
            pool.Release(slot);
        }, Throws.InvalidOperationException);
    }

    [Test]
    public void TryKeep_TheBlockHasASnapshot_KeepsThatOne()
    {
        var pool = new StatePool(2);
        Assert.That(pool.TryKeep(pool.Take(), 5), Is.True);
        Assert.That(pool.TryKeep(pool.Take(), 5), Is.False);
        pool.Release(1);

        Assert.That((pool.Find(5), pool.Free), Is.EqualTo((0, 1)));
    }

    [Test]
    public void Evict_ABlockIsForgotten_ItsSnapshotGoesToo()
    {
        var states = new StatePool(2);
        var blocks = new BlockPool(1, prefixCaching: true, states);
        var (block, slot) = (blocks.Take(), states.Take());
        blocks.Cache!.TryAdd(block, -1, Requests.Prompt(16));
        states.TryKeep(slot, block);
        states.Release(slot);
        blocks.Release(block);
        Assert.That(states.Free, Is.EqualTo(1));

        blocks.Take();

        Assert.That((states.Free, states.Find(block)), Is.EqualTo((2, -1)));
        Assert.That(states.Audit([0, 0], blocks.Cache), Is.Null);
    }
}
