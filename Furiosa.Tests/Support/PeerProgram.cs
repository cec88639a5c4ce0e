using Furiosa.Tests.Architecture;
using Furiosa.Tests.Device.Execution;
using Furiosa.Tests.Device.Links;

namespace Furiosa.Tests.Support;

/// <summary>What the test assembly does when it is started as a program: it plays the other process of a test.</summary>
internal static class PeerProgram
{
    private static int Main(string[] args)
    {
        if (args is [TensorParallelPeer.Mode, var port, var model]) return TensorParallelPeer.Run(int.Parse(port), model);
        if (args is [LinkProcessTests.Mode, var at]) return LinkProcessTests.Run(int.Parse(at));
        if (args is [LeftoversTests.Mode]) return LeftoversTests.Run();
        Console.Error.WriteLine("This program is started by tests.");
        return 2;
    }
}
