using Furiosa.Actors.Protocol;
using Furiosa.Actors.Serialization;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Serialization;

internal sealed class CourierTests
{
    private ActorKit _kit = null!;

    [SetUp]
    public void Start() => _kit = new ActorKit();

    [TearDown]
    public Task Stop() => _kit.Sys.Terminate();

    [Test]
    public void Tell_LargeMessage_ComesInPartsThatMakeTheWhole()
    {
        var record = new byte[300_000];
        new Random(5).NextBytes(record);
        var collector = new PartCollector();

        Courier.Tell(_kit.Sys.ActorSelection(_kit.TestActor.Path), new KeepRecord("name", [.. record]), _kit.TestActor);
        object? whole = null;
        for (var count = 0; whole is null; count++)
        {
            var part = _kit.ExpectMsg<MessagePart>();
            Assert.That(part.Bytes, Has.Length.LessThan(100_000));
            Assert.That(count, Is.LessThan(10));
            whole = collector.Add(_kit.TestActor, part);
        }

        Assert.That(((KeepRecord)whole).Record, Is.EqualTo(record));
    }

    [Test]
    public void Add_PartLost_DropsTheMessageAndTakesTheNext()
    {
        var collector = new PartCollector();
        Courier.Tell(_kit.Sys.ActorSelection(_kit.TestActor.Path), new KeepRecord("a", [.. new byte[200_000]]), _kit.TestActor);
        Courier.Tell(_kit.Sys.ActorSelection(_kit.TestActor.Path), new KeepRecord("b", [.. new byte[200_000]]), _kit.TestActor);
        List<object> wholes = [];
        for (var i = 0; i < 8; i++)
        {
            var part = _kit.ExpectMsg<MessagePart>();
            if (i != 1 && collector.Add(_kit.TestActor, part) is { } whole) wholes.Add(whole);
        }

        Assert.That(wholes.Cast<KeepRecord>().Single().Id, Is.EqualTo("b"));
    }

    [TestCase("no such message")]
    [TestCase("ak")]
    public void Add_WhatCannotBeRead_IsDropped(string manifest) =>
        Assert.That(new PartCollector().Add(_kit.TestActor, new MessagePart(1, 0, 1, manifest, [255, 255, 255, 255, 255])), Is.Null);
}
