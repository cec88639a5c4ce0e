using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit;
using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Support;

/// <summary>Akka's test kit with the runtime's own settings; one for each test.</summary>
internal sealed class ActorKit() : TestKitBase(
    new NUnitAssertions(),
    ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(Patient.WithFallback(AkkaConfiguration.Build(new RuntimeOptions { ModelDirectory = "" }).WithFallback(DefaultConfig)))),
    "test",
    null)
{
    // Waits end when what is expected comes; a busy machine may take its time.
    private static readonly Config Patient = ConfigurationFactory.ParseString("akka.test { single-expect-default = 60s, default-timeout = 60s }");

    /// <summary>Waits until a condition holds; the kit itself would look again after a tenth of the longest wait only.</summary>
    public void AwaitCondition(Func<bool> condition) => AwaitCondition(condition, Patience.Longest, TimeSpan.FromMilliseconds(5));
}
