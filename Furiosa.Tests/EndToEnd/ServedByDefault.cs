using Furiosa.Tests.Support;

namespace Furiosa.Tests.EndToEnd;

/// <summary>One process, <c>furiosa-llm serve</c> without options, for all tests that leave it as they found it.</summary>
internal static class ServedByDefault
{
    private static readonly Lazy<Task<ServerProcess>> Started = new(() => ServerProcess.StartAsync());

    public static Task<ServerProcess> GetAsync() => Started.Value;

    public static async Task StopAsync()
    {
        if (Started.IsValueCreated && Started.Value.IsCompletedSuccessfully) await (await Started.Value).DisposeAsync();
    }
}
