using Furiosa.Tests.EndToEnd;
using Furiosa.Tests.Support;

namespace Furiosa.Tests;

/// <summary>Ends what tests share, after the last of them, and what they started if they cannot.</summary>
[SetUpFixture]
internal sealed class SharedServers
{
    [OneTimeSetUp]
    public void BeginWatch() => Leftovers.EndWithThisProcess();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await DemoServer.StopAsync();
        await ServedByDefault.StopAsync();
    }
}
