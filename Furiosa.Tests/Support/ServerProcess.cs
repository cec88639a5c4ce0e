using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Furiosa.Tests.Support;

/// <summary>The real program serving in a process of its own, on a free port of the loopback address.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly List<string> _output = [];
    private Task _reading = Task.CompletedTask;

    private ServerProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>A client of it; made once it listens.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>The lines printed so far.</summary>
    public IReadOnlyList<string> Output
    {
        get { lock (_output) return [.. _output]; }
    }

    /// <summary>Starts <c>furiosa-llm serve</c> and returns when it serves.</summary>
    public static Task<ServerProcess> StartAsync(params string[] arguments) => StartAsync([], arguments);

    /// <summary>Starts it with more environment variables.</summary>
    public static async Task<ServerProcess> StartAsync(IReadOnlyList<(string Name, string Value)> environment, params string[] arguments)
    {
        var start = ProgramRun.StartInfo(["serve", .. arguments, "--host", "127.0.0.1", "--port", "0"]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var server = new ServerProcess(Process.Start(start)!);
        try
        {
            await server.ReadToAddressAsync().WaitAsync(Patience.Longest);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a signal, <c>TERM</c> or <c>INT</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end: the exit code, all that it printed and all that it complained about.</summary>
    public async Task<ProgramRun> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience.Longest);
        await _reading.WaitAsync(Patience.Longest);
        return new ProgramRun(_process.ExitCode, string.Join('\n', Output), await _error.WaitAsync(Patience.Longest));
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ReadToAddressAsync()
    {
        while (await ReadLineAsync() is { } line)
        {
            if (Address().Match(line) is not { Success: true } found) continue;
            Http = new HttpClient { BaseAddress = new Uri(found.Value), Timeout = Patience.Longest };
            // A pipe that nobody empties would stop the server in the end.
            _reading = ReadRestAsync();
            return;
        }
        throw new InvalidOperationException($"The server did not start: {await _error}");
    }

    private async Task ReadRestAsync()
    {
        while (await ReadLineAsync() is not null) continue;
    }

    private async Task<string?> ReadLineAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync();
        lock (_output)
        {
            if (line is not null) _output.Add(line);
        }
        return line;
    }

    [GeneratedRegex(@"(?<=running on )http://\S+")]
    private static partial Regex Address();
}
