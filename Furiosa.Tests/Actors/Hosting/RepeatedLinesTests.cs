using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Actors.Hosting;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RepeatedLinesTests
{
    private readonly RepeatedLines _lines = new(most: 2, TimeSpan.FromSeconds(30));

    [Test]
    public void Take_LinesThatDifferInNumbers_SomeInASpanAndThenTheCountOfTheOthers()
    {
        string?[] taken = [.. Enumerable.Range(0, 5).Select(second => _lines.Take($"A connection from 127.0.0.1:{1000 + second} was refused", TimeSpan.FromSeconds(second)))];

        Assert.That(taken, Is.EqualTo((string?[])["A connection from 127.0.0.1:1000 was refused", "A connection from 127.0.0.1:1001 was refused", null, null, null]));
        Assert.That(_lines.Take("A connection from 127.0.0.1:7 was refused", TimeSpan.FromSeconds(30)), Is.EqualTo("A connection from 127.0.0.1:7 was refused (and 3 more like it before)"));
        Assert.That(_lines.Take("A connection from 127.0.0.1:8 was refused", TimeSpan.FromSeconds(31)), Is.EqualTo("A connection from 127.0.0.1:8 was refused"));
    }

    [Test]
    public void Take_LinesOfManyKinds_EachIsTaken()
    {
        for (var i = 0; i < 1000; i++)
        {
            var line = $"{(char)('g' + i % 20)}{(char)('g' + i / 20 % 20)}{(char)('g' + i / 400)}";
            Assert.That(_lines.Take(line, TimeSpan.Zero), Is.EqualTo(line));
        }
    }
}
