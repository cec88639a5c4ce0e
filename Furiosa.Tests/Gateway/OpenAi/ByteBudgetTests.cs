using Furiosa.Gateway.OpenAi;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Who gets bytes of a shared budget, and when.</summary>
[TestFixture]
public sealed class ByteBudgetTests
{
    private readonly ByteBudget _budget = new(10, TimeProvider.System);

    [Test]
    public async Task Take_MoreThanIsFree_IsRefusedUntilSomeComesBack()
    {
        var first = await NowAsync(7);
        Assert.That(await NowAsync(4), Is.Null);
        using var small = await NowAsync(3);
        Assert.That(small, Is.Not.Null);
        first!.Dispose();
        using var again = await NowAsync(7);
        Assert.That(again, Is.Not.Null, "those who gave up have taken nothing");
    }

    [Test]
    public async Task Take_MoreThanTheWhole_IsTheWhole()
    {
        using (await NowAsync(1000))
        {
            Assert.That(await NowAsync(1), Is.Null);
        }
        using var whole = await NowAsync(10);
        Assert.That(whole, Is.Not.Null);
    }

    [Test]
    public async Task Take_SmallBehindLarge_WaitsItsTurn()
    {
        var first = await NowAsync(5);
        var large = LaterAsync(8);
        var small = LaterAsync(1);
        Assert.That((large.IsCompleted, small.IsCompleted), Is.EqualTo((false, false)));
        first!.Dispose();
        (await large)!.Dispose();
        (await small)!.Dispose();
        using var whole = await NowAsync(10);
        Assert.That(whole, Is.Not.Null);
    }

    [Test]
    public async Task Take_ClientThatGoesAway_LetsTheNextPass()
    {
        using var gone = new CancellationTokenSource();
        using var first = await NowAsync(5);
        var large = _budget.TakeAsync(8, Timeout.InfiniteTimeSpan, gone.Token);
        var small = LaterAsync(5);
        await gone.CancelAsync();
        Assert.That(async () => await large, Throws.InstanceOf<OperationCanceledException>());
        using var served = await small;
        Assert.That(served, Is.Not.Null);
    }

    private Task<IDisposable?> NowAsync(long bytes) => _budget.TakeAsync(bytes, TimeSpan.Zero, CancellationToken.None);

    private Task<IDisposable?> LaterAsync(long bytes) => _budget.TakeAsync(bytes, Timeout.InfiniteTimeSpan, CancellationToken.None);
}
