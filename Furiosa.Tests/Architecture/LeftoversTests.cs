using System.Diagnostics;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Architecture;

/// <summary>Tests that are interrupted leave no process behind.</summary>
[TestFixture]
public sealed class LeftoversTests
{
    /// <summary>How this assembly is started to be killed.</summary>
    internal const string Mode = "leftovers";

    /// <summary>Starts a process that starts another, says which, and waits to be killed.</summary>
    internal static int Run()
    {
        Leftovers.EndWithThisProcess();
        Process.Start(new ProcessStartInfo("sh", ["-c", "sleep 600 & echo $! $$; wait"]))!.Dispose();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    [Test]
    public async Task TestsThatAreKilled_TakeWhatTheyStartedWithThem()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Processes are found in /proc.");
        using var tests = Process.Start(new ProcessStartInfo("dotnet", [typeof(PeerProgram).Assembly.Location, Mode]) { RedirectStandardOutput = true })!;
        var started = (await tests.StandardOutput.ReadLineAsync())!.Split(' ');
        Assert.That(started.Select(IsThere), Has.All.True);

        tests.Kill();

        await Eventually.IsTrue(() => !started.Any(IsThere), "what was started is still there");
    }

    // A process that has ended and that nobody has asked for is none.
    private static bool IsThere(string id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
