using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Furiosa.Tests.Support;

/// <summary>A node of a cluster: the real program in a process of its own, which tests kill, stop and start again.</summary>
internal sealed partial class NodeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string[] _arguments;
    private readonly List<string> _output = [];
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private readonly Task<string> _error;
    private readonly Action<ProcessStartInfo>? _place;

    private NodeProcess(string[] arguments, Action<ProcessStartInfo>? place)
    {
        (_arguments, _place) = (arguments, place);
        var start = ProgramRun.StartInfo(["serve", .. arguments]);
        // Nodes that come back on a busy machine take their time.
        start.Environment["FURIOSA_CLUSTER__CAPACITY_WAIT"] = "5 min";
        place?.Invoke(start);
        _process = Process.Start(start)!;
        _reading = ReadAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>A client of its HTTP server, where it has one.</summary>
    public HttpClient? Http { get; private set; }

    /// <summary>Port of its admin listener.</summary>
    public Uri? Admin { get; private set; }

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Port for the other nodes.</summary>
    public int ClusterPort { get; private set; }

    public string Output
    {
        get { lock (_output) return string.Join('\n', _output); }
    }

    /// <summary>Starts <c>furiosa-llm serve</c> and returns when it says that it runs.</summary>
    public static Task<NodeProcess> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <param name="place">Changes how the process is started; null for not at all.</param>
    /// <param name="arguments">Of <c>furiosa-llm serve</c>.</param>
    public static async Task<NodeProcess> StartAsync(Action<ProcessStartInfo>? place, params string[] arguments)
    {
        var node = new NodeProcess(arguments, place);
        try
        {
            await Task.WhenAny(node._running.Task, node._reading).WaitAsync(Patience.Longest);
            if (!node._running.Task.IsCompleted) throw new InvalidOperationException($"The node did not start: {node.Output}\n{await node._error}");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again with the same arguments and port.</summary>
    public Task<NodeProcess> StartAgainAsync()
    {
        var arguments = _arguments.ToArray();
        var port = Array.IndexOf(arguments, "--cluster-port");
        if (port >= 0) arguments[port + 1] = $"{ClusterPort}";
        return StartAsync(_place, arguments);
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a signal, e.g. <c>STOP</c>, <c>CONT</c> or <c>TERM</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end and gives the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience.Longest);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        // What all nodes of all tests have said, for whoever looks for a reason.
        if (Environment.GetEnvironmentVariable("FURIOSA_NODE_LOGS") is { Length: > 0 } directory)
            await File.WriteAllTextAsync(Path.Combine(directory, $"{Environment.TickCount64}-{_process.Id}.log"), $"{string.Join(' ', _arguments)}\n{Output}\n{await _error}\n");
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_output) _output.Add(line);
            if (Joining().Match(line) is { Success: true } joining) ClusterPort = int.Parse(joining.Value);
            if (AdminAddress().Match(line) is { Success: true } admin) Admin = new Uri(admin.Value);
            if (!line.Contains("running on", StringComparison.Ordinal)) continue;
            if (Address().Match(line) is { Success: true } address) Http = new HttpClient { BaseAddress = new Uri(address.Value), Timeout = Patience.Longest };
            _running.TrySetResult();
        }
    }

    [GeneratedRegex(@"(?<=Joining the cluster as \S+:)\d+")]
    private static partial Regex Joining();

    [GeneratedRegex(@"(?<=running on )http://\S+")]
    private static partial Regex Address();

    [GeneratedRegex(@"(?<=Admin listener at )http://\S+")]
    private static partial Regex AdminAddress();
}
