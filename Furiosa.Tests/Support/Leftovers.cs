using System.Diagnostics;

namespace Furiosa.Tests.Support;

/// <summary>
/// Ends whatever tests have started, and what that has started, once the process of the tests is gone: also when it was killed.
/// A shell of its own waits for the end of a pipe that this process holds, and then kills every process that has the mark of this run in
/// its environment.
/// </summary>
internal static class Leftovers
{
    private const string Mark = "RUN_OF_FURIOSA_TESTS";

    // It has a session of its own, so that what ends the tests does not end it, and not the mark. The compiler's server may work for others.
    private const string Watch = """
        exec >/dev/null 2>&1
        trap '' HUP INT TERM
        cat
        for file in /proc/[0-9]*/environ; do
          grep -qsz "^$1\$" "$file" || continue
          process=${file%/environ}
          grep -qs VBCSCompiler "$process/cmdline" || kill -KILL "${process#/proc/}"
        done
        """;

    // Kept: the pipe is closed when this process ends.
    private static Process? _watcher;

    /// <summary>To be called once, before the first process is started. Does nothing where there is no <c>/proc</c>.</summary>
    public static void EndWithThisProcess()
    {
        if (!OperatingSystem.IsLinux() || _watcher is not null) return;
        var run = $"{Mark}={Guid.NewGuid():N}";
        _watcher = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Watch, "sh", run]) { RedirectStandardInput = true });
        Environment.SetEnvironmentVariable(Mark, run[(Mark.Length + 1)..]);
    }
}
