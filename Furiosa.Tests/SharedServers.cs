using Furiosa.Tests.EndToEnd;
using Furiosa.Tests.Support;

namespace Furiosa.Tests;

/// <summary>Ends what tests share, after the last of them.</summary>
[SetUpFixture]
internal sealed class SharedServers
{
    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await DemoServer.StopAsync();
        await ServedByDefault.StopAsync();
    }
}
