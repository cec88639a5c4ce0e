using System.Diagnostics;
using System.Text;

namespace Furiosa.Tests.Support;

/// <summary>The real program at a terminal: a pseudo-terminal that util-linux's <c>script</c> makes.</summary>
internal sealed class TerminalProcess : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly StringBuilder _shown = new();
    private readonly Process _process;
    private readonly Task _reading;

    private TerminalProcess(int columns, IReadOnlyList<(string Name, string Value)> environment, string[] arguments)
    {
        var program = ProgramRun.StartInfo(arguments);
        // The terminal's name is kept, so that its size can be changed.
        var command = $"stty cols {columns} rows 24; tty >'{TerminalName}'; exec {string.Join(' ', program.ArgumentList.Prepend(program.FileName).Select(Quote))}";
        var start = new ProcessStartInfo("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in program.Environment) start.Environment[name] = value;
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _reading = ReadAsync();
    }

    /// <summary>All that was shown so far, escape sequences too.</summary>
    public string Shown
    {
        get { lock (_shown) return _shown.ToString(); }
    }

    private string TerminalName => Path.Combine(_folder.Path, "tty");

    /// <summary>Starts it; ignores the running test where there is no <c>script</c>.</summary>
    public static TerminalProcess Start(int columns, IReadOnlyList<(string Name, string Value)> environment, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/script")) Assert.Ignore("There is no terminal without util-linux's script (apt-get install bsdutils).");
        return new TerminalProcess(columns, environment, arguments);
    }

    /// <summary>Types.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until the condition holds of what was shown.</summary>
    public async Task UntilAsync(Func<string, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!condition(Shown))
        {
            if (patience.IsCancellationRequested) Assert.Fail($"It did not come about; shown was: {Shown}");
            await Task.Delay(5, CancellationToken.None);
        }
    }

    /// <summary>Makes the terminal wider or narrower, of which the program is told.</summary>
    public async Task ResizeAsync(int columns)
    {
        using var stty = Process.Start("stty", ["-F", (await File.ReadAllTextAsync(TerminalName)).Trim(), "cols", $"{columns}"]);
        await stty.WaitForExitAsync();
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[1024];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_shown) _shown.Append(buffer, 0, count);
        }
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
