using Furiosa.Device.Kernels;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Device.Models;

internal sealed unsafe class WeightsAheadTests
{
    private const int AtOnce = 8 * 64;

    [Test]
    public void Fetch_UntilNothingIsLeft_TakesTheThreadsShareOnce()
    {
        using var weights = new NativeBuffer(10 * AtOnce);
        var ahead = new WeightsAhead(2, new WeightReads(5, group => [Run(weights, 2 * group, 2)]));
        var (first, second) = (default(WeightsAhead.Cursor), default(WeightsAhead.Cursor));

        Assert.That(Count(ref first, ahead, 0), Is.EqualTo(4), "groups 0 and 1");
        Assert.That(Count(ref second, ahead, 1), Is.EqualTo(6), "groups 2, 3 and 4");
        Assert.That(Count(ref first, ahead, 0), Is.Zero, "the same product again");
        var other = new WeightsAhead(2, new WeightReads(1, _ => [Run(weights, 0, 1), Run(weights, 5, 2)]));
        Assert.That(Count(ref first, other, 0), Is.Zero, "the other thread's group");
        Assert.That(Count(ref second, other, 1), Is.EqualTo(3));
    }

    [Test]
    public void Fetch_OfMoreThanACacheHolds_StopsBefore()
    {
        var ahead = new WeightsAhead(1, new WeightReads(1000, group => [(group << 20, (group + 1) << 20)])); // never read, only asked for
        var cursor = default(WeightsAhead.Cursor);

        Assert.That(Count(ref cursor, ahead, 0) * AtOnce, Is.LessThanOrEqualTo(256 << 10));
    }

    private static (nint Start, nint End) Run(NativeBuffer weights, int first, int count) =>
        ((nint)weights.Pointer + first * AtOnce, (nint)weights.Pointer + (first + count) * AtOnce);

    private static int Count(ref WeightsAhead.Cursor cursor, WeightsAhead ahead, int worker)
    {
        int count = 0;
        while (cursor.Fetch(ahead, worker)) count++;
        return count;
    }
}
