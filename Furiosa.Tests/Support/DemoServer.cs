namespace Furiosa.Tests.Support;

/// <summary>The one server on the bundled model that read-only tests share.</summary>
[SetUpFixture]
internal sealed class DemoServer
{
    private static readonly Lazy<Task<TestServer>> Started = new(() => TestServer.StartAsync());

    public static Task<TestServer> GetAsync() => Started.Value;

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Started.IsValueCreated && Started.Value.IsCompletedSuccessfully) await (await Started.Value).DisposeAsync();
    }
}
