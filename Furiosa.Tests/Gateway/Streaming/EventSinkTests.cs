using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Tests.Gateway.Streaming;

/// <summary>A stream's elements reach their one reader, however slow it is and however the stream ends.</summary>
[TestFixture]
internal sealed class EventSinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private ActorSystem _system = null!;

    [OneTimeSetUp]
    public void Start() => _system = ActorSystem.Create("sink");

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _system.Terminate();
        _system.Dispose();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(1000)]
    public async Task Read_AllElements_InOrderAndThenTheEnd(int count)
    {
        var queue = Source.From(Enumerable.Range(0, count)).RunWith(new EventSink<int>(3), _system.Materializer());

        Assert.That(await ReadAll(queue), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [Test]
    public async Task Read_NothingWhileFull_TakesNoMoreThanThat()
    {
        var taken = 0;
        var reached = new TaskCompletionSource();
        var queue = Source.From(Enumerable.Range(0, 100)).Select(number =>
        {
            if (Interlocked.Increment(ref taken) == 3) reached.SetResult();
            return number;
        }).RunWith(new EventSink<int>(3), _system.Materializer());
        await reached.Task.WaitAsync(Patience);

        Assert.That(queue.TryRead(out var first), Is.True);
        Assert.That((first, Volatile.Read(ref taken)), Is.EqualTo((0, 3)).Or.EqualTo((0, 4)), "one more for the one that was read");
        Assert.That(await ReadAll(queue), Is.EqualTo(Enumerable.Range(1, 99)));
    }

    [Test]
    public void Read_StreamFails_ThrowsBehindTheElements()
    {
        var queue = Source.From([1, 2]).Concat(Source.Failed<int>(new InvalidDataException("broken"))).RunWith(new EventSink<int>(8), _system.Materializer());

        Assert.That(async () => await ReadAll(queue), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Read_StreamTornDown_IsNotLeftWaiting()
    {
        var materializer = _system.Materializer();
        var queue = Source.Maybe<int>().RunWith(new EventSink<int>(8), materializer);
        var waiting = queue.WaitToReadAsync().AsTask();

        materializer.Shutdown();

        Assert.That(async () => await waiting.WaitAsync(Patience), Throws.InstanceOf<AbruptTerminationException>());
    }

    private static async Task<List<int>> ReadAll(EventSink<int>.Queue queue)
    {
        var read = new List<int>();
        while (await queue.WaitToReadAsync().AsTask().WaitAsync(Patience))
        {
            while (queue.TryRead(out var number)) read.Add(number);
        }
        return read;
    }
}
