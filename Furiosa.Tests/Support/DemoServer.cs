namespace Furiosa.Tests.Support;

/// <summary>The one server on the bundled model that tests share which change nothing.</summary>
internal static class DemoServer
{
    private static readonly Lazy<Task<TestServer>> Started = new(() => TestServer.StartAsync());

    public static Task<TestServer> GetAsync() => Started.Value;

    public static async Task StopAsync()
    {
        if (Started.IsValueCreated && Started.Value.IsCompletedSuccessfully) await (await Started.Value).DisposeAsync();
    }
}
