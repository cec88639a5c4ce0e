using System.Diagnostics;
using Furiosa.Tests.Architecture;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.EndToEnd;

/// <summary>The script at the root of the repository, as a stranger calls it.</summary>
[TestFixture]
internal sealed class LauncherTests
{
    [Test]
    public void Version_ThroughALinkFromAnotherFolder_BuildsAtMostOnceAndKeepsStandardOutputClean()
    {
        using var elsewhere = new TemporaryDirectory();
        var link = Path.Combine(elsewhere.Path, "a link to it");
        File.CreateSymbolicLink(link, Path.Combine(SourceTree.Root, "furiosa-llm"));

        var first = Run(link, elsewhere.Path);
        var second = Run(link, elsewhere.Path);

        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(first.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThanOrEqualTo(1));
        Assert.That(second, Is.EqualTo(first with { Error = "" }));
        Assert.That(Version.TryParse(second.Output.Trim(), out _), second.Output);
    }

    private static ProgramRun Run(string script, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(script, ["version"])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProgramRun(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
