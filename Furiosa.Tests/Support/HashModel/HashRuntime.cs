using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>Starts a whole runtime on the hash model, with every message written and read again on its way.</summary>
internal static class HashRuntime
{
    public const string ForcedSerialization = "akka.actor.serialize-messages = on";

    public static RuntimeOptions Options => new()
    {
        ModelDirectory = TestPaths.DemoModel,
        TensorParallel = 2,
        MaxModelLen = 256,
        KvCacheBytes = 200 * 1024,
        AkkaHocon = ForcedSerialization,
        DrainTimeout = TimeSpan.FromSeconds(5),
    };

    public static async Task<IFuriosaRuntime> StartAsync(RuntimeOptions? options = null, HashModelHost? host = null) =>
        await FuriosaRuntime.StartAsync(options ?? Options, () => host ?? new HashModelHost { MaxModelLen = 256 });
}
