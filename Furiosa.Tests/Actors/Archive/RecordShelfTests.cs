using System.Collections.Immutable;
using Furiosa.Actors.Archive;

namespace Furiosa.Tests.Actors.Archive;

internal sealed class RecordShelfTests
{
    [Test]
    public void Find_RecordWithinItsTime_IsThere()
    {
        var clock = new Clock();
        var shelf = new RecordShelf(TimeSpan.FromMinutes(5), 100, clock);
        shelf.Keep("a", [1, 2]);
        clock.Now += TimeSpan.FromMinutes(4);
        shelf.Keep("b", [3]);

        Assert.That(shelf.Find("a"), Is.EqualTo(new byte[] { 1, 2 }));
        clock.Now += TimeSpan.FromMinutes(2);
        Assert.That(shelf.Find("a"), Is.Empty);
        Assert.That(shelf.Find("b"), Is.EqualTo(new byte[] { 3 }));
    }

    [Test]
    public void Keep_MoreThanThereIsRoomFor_ForgetsTheOldest()
    {
        var shelf = new RecordShelf(TimeSpan.FromMinutes(5), 100, new Clock());
        for (var i = 0; i < 10; i++) shelf.Keep($"{i}", [.. new byte[30]]);
        shelf.Keep("too large", [.. new byte[101]]);

        Assert.That(shelf.Count, Is.EqualTo(3));
        Assert.That(shelf.Find("9"), Has.Length.EqualTo(30));
        Assert.That(shelf.Find("6"), Is.EqualTo(ImmutableArray<byte>.Empty));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
