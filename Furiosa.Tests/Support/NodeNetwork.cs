using System.Diagnostics;

namespace Furiosa.Tests.Support;

/// <summary>
/// A network of its own for the nodes of a cluster: a network namespace for each, joined by a bridge, so that a test can cut any pair of
/// them as a broken cable would: nothing is refused, nothing is closed, packets only stop. It needs Linux and root.
/// </summary>
internal sealed class NodeNetwork : IDisposable
{
    private static int _made;

    private readonly string _name = $"f{Environment.ProcessId % 100_000}x{Interlocked.Increment(ref _made)}";
    private readonly string _prefix = $"10.{200 + _made % 50}.{Environment.ProcessId % 250}";
    private readonly HashSet<(int, int)> _cuts = [];
    private int _nodes;

    private NodeNetwork()
    {
    }

    /// <summary>Makes one, or ignores the test where that cannot be done.</summary>
    public static NodeNetwork MakeOrIgnore()
    {
        var network = new NodeNetwork();
        try
        {
            if (Environment.UserName != "root") Assert.Ignore("Network namespaces need root.");
            network.Run("ip", "link", "add", network._name, "type", "bridge");
            network.Run("ip", "addr", "add", $"{network._prefix}.254/24", "dev", network._name);
            network.Run("ip", "link", "set", network._name, "up");
            // The first place tries everything that is needed.
            network.Run("ip", "netns", "exec", network.SpaceOf(network.Add()), "iptables", "-L", "INPUT");
            return network;
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            network.Dispose();
            Assert.Ignore($"There are no network namespaces here: {error.Message}");
            throw;
        }
    }

    /// <summary>Places so far.</summary>
    public int Count => _nodes;

    /// <summary>The address of a node, from 0.</summary>
    public string AddressOf(int node) => $"{_prefix}.{node + 1}";

    /// <summary>Adds a place for a node.</summary>
    /// <returns>Its number.</returns>
    public int Add()
    {
        var node = _nodes++;
        var (space, wire) = (SpaceOf(node), $"{_name}v{node}");
        Run("ip", "netns", "add", space);
        Run("ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", space);
        Run("ip", "link", "set", wire, "master", _name);
        Run("ip", "link", "set", wire, "up");
        Run("ip", "-n", space, "addr", "add", $"{AddressOf(node)}/24", "dev", "eth0");
        Run("ip", "-n", space, "link", "set", "eth0", "up");
        Run("ip", "-n", space, "link", "set", "lo", "up");
        return node;
    }

    /// <summary>Makes a program run at a node's place; its process id stays what it is.</summary>
    public void Place(ProcessStartInfo start, int node)
    {
        string[] arguments = [start.FileName, .. start.ArgumentList];
        (start.FileName, var place) = ("ip", new[] { "netns", "exec", SpaceOf(node) });
        start.ArgumentList.Clear();
        foreach (var argument in place.Concat(arguments)) start.ArgumentList.Add(argument);
    }

    /// <summary>Lets nothing pass any more between the nodes of one side and those of the other.</summary>
    public void Cut(int[] side, params int[] other) => Change("-I", side, other, _cuts.Add);

    /// <summary>Lets everything pass again.</summary>
    public void Heal()
    {
        foreach (var (one, two) in _cuts.ToList()) Change("-D", [one], [two], _cuts.Remove);
    }

    public void Dispose()
    {
        for (var node = 0; node < _nodes; node++) TryRun("ip", "netns", "del", SpaceOf(node));
        TryRun("ip", "link", "del", _name);
    }

    private void Change(string what, int[] side, int[] other, Func<(int, int), bool> note)
    {
        foreach (var one in side)
        {
            foreach (var two in other)
            {
                if (!note((one, two))) continue;
                Run("ip", "netns", "exec", SpaceOf(one), "iptables", what, "INPUT", "-s", AddressOf(two), "-j", "DROP");
                Run("ip", "netns", "exec", SpaceOf(two), "iptables", what, "INPUT", "-s", AddressOf(one), "-j", "DROP");
            }
        }
    }

    private string SpaceOf(int node) => $"{_name}n{node}";

    private void Run(string program, params string[] arguments)
    {
        if (TryRun(program, arguments) is { } error) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error}");
    }

    /// <returns>What it complained about; null where it succeeded.</returns>
    private string? TryRun(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : error.Trim();
    }
}
