using System.Runtime.Serialization;
using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Serialization;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Serialization;

internal sealed class ProtocolSerializerTests
{
    private static readonly Type[] Messages =
        [.. typeof(IFuriosaMessage).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IFuriosaMessage)) && type.IsClass)];

    private ActorSystem _system = null!;

    [OneTimeSetUp]
    public void Start() => _system = ActorSystem.Create("serialization", AkkaConfiguration.Build(new RuntimeOptions { ModelDirectory = "" }));

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _system.Terminate();
        _system.Dispose();
    }

    [TestCaseSource(nameof(Messages))]
    public void RoundTrip_AnyMessage_KeepsEveryField(Type type)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var message = new AnyValue(new Random(seed)).Of(type);
            var serializer = _system.Serialization.FindSerializerFor(message);
            Assert.That(serializer, Is.TypeOf<ProtocolSerializer>());

            var back = ((ProtocolSerializer)serializer).FromBinary(serializer.ToBinary(message), ((ProtocolSerializer)serializer).Manifest(message));

            Assert.That(AnyValue.Describe(back), Is.EqualTo(AnyValue.Describe(message)));
        }
    }

    [TestCaseSource(nameof(Messages))]
    public void FromBinary_SpoiltBytes_FailsCleanlyOrReadsAMessage(Type type)
    {
        var serializer = (ProtocolSerializer)_system.Serialization.FindSerializerForType(type);
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var message = new AnyValue(random).Of(type);
            var bytes = serializer.ToBinary(message).AsSpan(0, random.Next(2) == 0 ? random.Next(serializer.ToBinary(message).Length + 1) : serializer.ToBinary(message).Length).ToArray();
            for (var flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Assert.That(serializer.FromBinary(bytes, serializer.Manifest(message)), Is.TypeOf(type));
            }
            catch (SerializationException)
            {
                // That is what it may do; anything else fails the test.
            }
        }
    }

    [Test]
    public void Forms_AllMessages_HaveOneShortManifestEach()
    {
        Assert.That(MessageForm.All.Select(form => form.Type), Is.EquivalentTo(Messages));
        Assert.That(MessageForm.All.Select(form => form.Manifest), Is.Unique.And.All.Length.EqualTo(2));
    }

    [Test]
    public void FindSerializer_UnboundObject_RefusesLoudly()
    {
        var unbound = new { Text = "not of the protocol" };

        Assert.That(() => _system.Serialization.FindSerializerFor(unbound).ToBinary(unbound), Throws.TypeOf<SerializationException>());
    }
}
