using Akka.Actor;
using Akka.Actor.Setup;
using Akka.TestKit;
using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Support;

/// <summary>Akka's test kit with the runtime's own settings; one for each test.</summary>
internal sealed class ActorKit() : TestKitBase(
    new NUnitAssertions(),
    ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(AkkaConfiguration.Build(new RuntimeOptions { ModelDirectory = "" }).WithFallback(DefaultConfig))),
    "test",
    null);
