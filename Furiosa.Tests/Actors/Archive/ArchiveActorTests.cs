using Akka.Actor;
using Furiosa.Actors.Archive;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Archive;

internal sealed class ArchiveActorTests
{
    private ActorKit _kit = null!;

    [SetUp]
    public void Start() => _kit = new ActorKit();

    [TearDown]
    public Task Stop() => _kit.Sys.Terminate();

    /// <summary>A node that has come is offered what others have: it asks for each record once, and then has it.</summary>
    [Test]
    public void OfferRecords_FromTwoNodes_EachIsAskedForOnce()
    {
        var shelf = new RecordShelf(TimeSpan.FromMinutes(5), 1000, TimeProvider.System);
        shelf.Keep("own", [0]);
        var archive = _kit.Sys.ActorOf(Props.Create(() => new ArchiveActor(shelf)));
        var (one, two) = (_kit.CreateTestProbe(), _kit.CreateTestProbe());
        archive.Tell(new OfferRecords(["own", "a", "b"]), one);
        archive.Tell(new OfferRecords(["b", "c"]), two);

        Assert.That(one.ExpectMsg<FindRecord>().Id, Is.EqualTo("a"));
        archive.Tell(new RecordFound("a", [1]), one);
        Assert.That(one.ExpectMsg<FindRecord>().Id, Is.EqualTo("b"));
        archive.Tell(new RecordFound("b", [2]), one);
        Assert.That(two.ExpectMsg<FindRecord>().Id, Is.EqualTo("c"));
        archive.Tell(new RecordFound("c", []), two);

        archive.Tell(new LookUpRecord("b"), _kit.TestActor);
        Assert.That(_kit.ExpectMsg<RecordFound>().Record, Is.EqualTo(new byte[] { 2 }));
        archive.Tell(new LookUpRecord("c"), _kit.TestActor);
        Assert.That(_kit.ExpectMsg<RecordFound>().Record, Is.Empty);
    }

    /// <summary>A client whose connections break may ask for one stream twice at once: each is answered.</summary>
    [Test]
    public void LookUp_TwiceAtOnceOfWhatAnotherNodeHas_AnswersBoth()
    {
        var other = _kit.CreateTestProbe();
        _kit.Sys.ActorOf(Props.Create(() => new Relay(other)), ArchiveActor.Name);
        var archive = _kit.Sys.ActorOf(Props.Create(() => new ArchiveActor(new RecordShelf(TimeSpan.FromMinutes(5), 1000, TimeProvider.System))));
        archive.Tell(new NodeSeen(new NodeDescription("d1", "akka://test/user/..", 1, 0, NodeRoles.Device, "", "", IsDraining: false, [], default, [], 0, []), []));
        var (one, two) = (_kit.CreateTestProbe(), _kit.CreateTestProbe());

        archive.Tell(new LookUpRecord("a"), one);
        archive.Tell(new LookUpRecord("a"), two);
        other.ExpectMsg<FindRecord>();
        other.ExpectMsg<FindRecord>();
        archive.Tell(new RecordFound("a", [1]), other);

        Assert.That(one.ExpectMsg<RecordFound>().Record, Is.EqualTo(new byte[] { 1 }));
        Assert.That(two.ExpectMsg<RecordFound>().Record, Is.EqualTo(new byte[] { 1 }));
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef to) => ReceiveAny(to.Forward);
    }
}
