using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Streams;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RequestStreamTests
{
    private readonly RequestStream _stream = new();

    [Test]
    public void TryRead_TokensGatheredWhileAway_ComeInOneEventPerChoice()
    {
        _stream.Offer(new GenerationStarted(0));
        for (var i = 0; i < 5; i++)
        {
            _stream.Offer(Token(0, i));
            _stream.Offer(Token(1, 10 + i));
        }
        _stream.Offer(new TokensGenerated(0, [], ChoiceFinish.Length, null));
        _stream.Offer(GenerationCompleted.Instance);

        var events = ReadAll();

        Assert.That(events, Has.Count.EqualTo(4));
        Assert.That(Ids(events[1]), Is.EqualTo([0, 1, 2, 3, 4]));
        Assert.That(((TokensGenerated)events[1]).Finish, Is.EqualTo(ChoiceFinish.Length));
        Assert.That(Ids(events[2]), Is.EqualTo([10, 11, 12, 13, 14]));
        Assert.That(events[3], Is.TypeOf<GenerationCompleted>());
    }

    [Test]
    public void TryRead_TokensByThemselves_GatherWithEventsAndAreTheSameToReaders()
    {
        _stream.Offer(new PlainToken(1, 5));
        Assert.That(AnyValue.Describe(ReadAll().Single()), Is.EqualTo(AnyValue.Describe(new TokensGenerated(1, [new GeneratedToken(5, float.NaN, default)], null, null))));

        _stream.Offer(new GenerationStarted(0));
        _stream.Offer(new PlainToken(0, 1));
        _stream.Offer(new PlainToken(1, 11));
        _stream.Offer(Token(0, 2));
        _stream.Offer(new PlainToken(0, 3));
        _stream.Offer(new TokensGenerated(1, [new GeneratedToken(12, float.NaN, default)], ChoiceFinish.Stop, 12));
        var events = ReadAll();

        Assert.That(events, Has.Count.EqualTo(3));
        Assert.That(Ids(events[1]), Is.EqualTo([1, 2, 3]));
        Assert.That(Ids(events[2]), Is.EqualTo([11, 12]));
        Assert.That(((TokensGenerated)events[2]).Finish, Is.EqualTo(ChoiceFinish.Stop));
    }

    [Test]
    public void Offer_AfterTheTerminalEvent_IsRefused()
    {
        Assert.That(_stream.Offer(new GenerationFailed(FailureKind.Aborted, "first")), Is.True);

        Assert.That(_stream.Offer(GenerationCompleted.Instance), Is.False);
        Assert.That(_stream.Offer(Token(0, 1)), Is.False);
        Assert.That(ReadAll(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Offer_ReaderFoundNothing_WakesItOnce()
    {
        var wakes = 0;
        _stream.OnReadable(() => wakes++);
        _stream.Offer(Token(0, 1));
        Assert.That(wakes, Is.Zero);

        ReadAll();
        _stream.Offer(Token(0, 2));
        _stream.Offer(Token(0, 3));

        Assert.That(wakes, Is.EqualTo(1));
    }

    [Test]
    public async Task Offer_WritersAndAReaderRace_NothingIsLostOrReordered()
    {
        using var readable = new SemaphoreSlim(0);
        _stream.OnReadable(() => readable.Release());
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++) _stream.Offer(Token(i % 2, i));
            _stream.Offer(GenerationCompleted.Instance);
        });
        var ids = new List<int>[] { [], [] };
        for (var ended = false; !ended;)
        {
            if (!_stream.TryRead(out var what)) await readable.WaitAsync();
            else if (what is TokensGenerated tokens) ids[tokens.Choice].AddRange(Ids(tokens));
            else ended = true;
        }

        await writer;
        Assert.That(ids[0], Is.EqualTo(Enumerable.Range(0, 10_000).Select(i => 2 * i)));
        Assert.That(ids[1], Is.EqualTo(Enumerable.Range(0, 10_000).Select(i => (2 * i) + 1)));
    }

    private static TokensGenerated Token(int choice, int id) => new(choice, [new GeneratedToken(id, 0, default)], null, null);

    private static IEnumerable<int> Ids(GenerationEvent what) => ((TokensGenerated)what).Tokens.Select(token => token.Id);

    private List<GenerationEvent> ReadAll()
    {
        var events = new List<GenerationEvent>();
        while (_stream.TryRead(out var what)) events.Add(what);
        return events;
    }
}
