using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Cli;

namespace Furiosa.Tests.Gateway.Cli;

internal sealed class StartupConsoleTests
{
    /// <summary>Actors and the end of the process say what they do through this: a full disk must stop neither.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Line_NothingCanBeWritten_IsLostAndNothingElse(bool rich)
    {
        if (!File.Exists("/dev/full")) Assert.Ignore("There is no device that is always full.");
        var output = new StreamWriter(new FileStream("/dev/full", FileMode.Open, FileAccess.Write)) { AutoFlush = true };
        var console = new StartupConsole(output, rich);

        Assert.That(() => output.WriteLine("x"), Throws.InstanceOf<IOException>());
        for (var i = 0; i < 3; i++)
        {
            Assert.That(() => console.Report(new StartupProgress(StartupPhase.Cluster, "Node d1 is lost", 1)), Throws.Nothing);
            Assert.That(() => console.Line("Stopping"), Throws.Nothing);
        }
    }
}
