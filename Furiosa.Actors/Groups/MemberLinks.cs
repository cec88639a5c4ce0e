using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;
using Furiosa.Device.Models;

namespace Furiosa.Actors.Groups;

/// <summary>
/// The data connections of one member of a group: expected from the beginning, opened when all members are known to expect theirs. When one
/// of them ends, the group is over.
/// </summary>
internal sealed class MemberLinks : IDisposable
{
    private readonly GroupPlan _plan;
    private readonly int _member;
    private readonly ModelConfig _config;
    private readonly DataPath? _data;
    private readonly Action<int, IncomingFrame> _received;
    private readonly Action<Exception> _failed;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<GroupLane> _lanes;
    private readonly Dictionary<GroupLane, TaskCompletionSource<LinkConnection>> _expected = [];
    private readonly List<IDisposable> _registrations = [];
    private readonly Dictionary<GroupLane, LinkConnection> _open = [];
    private readonly Lock _gate = new();
    private bool _isDisposed;

    /// <param name="plan">The group.</param>
    /// <param name="member">Which member this is.</param>
    /// <param name="config">The model, whose sizes bound frames.</param>
    /// <param name="data">The node's side; null where the group has one member.</param>
    /// <param name="received">Given each frame with steps or results and the member that sent it, on a thread of the connection.</param>
    /// <param name="failed">Told once for each connection that ends, on any thread.</param>
    public MemberLinks(GroupPlan plan, int member, ModelConfig config, DataPath? data, Action<int, IncomingFrame> received, Action<Exception> failed)
    {
        (_plan, _member, _config, _data, _received, _failed) = (plan, member, config, data, received, failed);
        Wiring = new GroupWiring(plan);
        _lanes = [.. Wiring.Lanes.Where(lane => lane.Has(member))];
        if (_lanes.Count > 0) ArgumentNullException.ThrowIfNull(data);
        foreach (var lane in _lanes.Where(lane => lane.To == member))
        {
            var opened = _expected[lane] = new TaskCompletionSource<LinkConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
            _registrations.Add(data!.Expect(Hello(lane), plan.Secret.AsMemory(), connection =>
            {
                if (Keep(lane, connection)) opened.TrySetResult(connection);
            }));
        }
    }

    public GroupWiring Wiring { get; }

    /// <summary>How a connection has ended; null while all stand.</summary>
    public GroupDeath? Death
    {
        get
        {
            lock (_gate) return _open.Values.FirstOrDefault(connection => connection.Fault is not null) is { Fault: { } fault } ? DeathOf(fault) : null;
        }
    }

    /// <summary>What the end of a connection says of the group's end.</summary>
    public static GroupDeath DeathOf(Exception fault) => fault is LinkLostException { IsSilence: true } ? GroupDeath.Gone : GroupDeath.Lost;

    /// <summary>Opens this member's connections and waits for the others'; then frames come.</summary>
    /// <exception cref="IOException">One of them cannot be had.</exception>
    public async Task ConnectAsync(IReadOnlyList<DataEndpoint> endpoints)
    {
        if (endpoints.Count != _plan.Nodes.Length) throw new InvalidDataException($"{endpoints.Count} places were told for {_plan.Nodes.Length} members");
        foreach (var lane in _lanes.Where(lane => lane.From == _member))
            Keep(lane, await _data!.ConnectAsync(endpoints[lane.To], Hello(lane), _plan.Secret.AsMemory(), _closing.Token).ConfigureAwait(false));
        foreach (var (lane, opened) in _expected)
        {
            try
            {
                // Others open theirs one after another, each within the time of a handshake.
                await opened.Task.WaitAsync(_data!.Limits.Handshake * _plan.Nodes.Length, _closing.Token).ConfigureAwait(false);
            }
            catch (TimeoutException error)
            {
                throw new IOException($"{_plan.Nodes[lane.From]} did not connect", error);
            }
        }
        lock (_gate)
        {
            foreach (var (lane, connection) in _open)
            {
                if (lane.Lane == GroupWiring.StepLane) connection.Start(StepPeer.MostBytes(_plan.MaxRows, _config.HiddenSize), frame => _received(lane.Other(_member), frame), _failed);
            }
        }
    }

    /// <summary>The link of a stage whose group has other members; null when it has none. To be taken once.</summary>
    public ITensorParallelLink? SumLink(int stage)
    {
        var lanes = _lanes.Where(lane => lane.Lane == GroupWiring.SumLane(stage)).ToList();
        if (lanes.Count == 0) return null;
        lock (_gate)
        {
            return new SocketTensorParallelLink(
                Wiring.PartOf(stage, _member).Ranks,
                [.. lanes.Select(lane => (_open[lane], (IReadOnlyList<int>)Wiring.PartOf(stage, lane.Other(_member)).Ranks))],
                MostSumBytes(_plan.MaxRows, _config),
                _failed);
        }
    }

    /// <summary>Sends to another member. What cannot be sent is dropped: the end of the connection is told otherwise.</summary>
    public void Send(int member, in OutgoingFrame frame)
    {
        LinkConnection? connection;
        lock (_gate) _open.TryGetValue(GroupLane.Between(GroupWiring.StepLane, _member, member), out connection);
        if (connection is null)
        {
            frame.Owner?.Dispose();
            return;
        }
        try
        {
            connection.Send(frame);
        }
        catch (IOException)
        {
            // Told by the connection.
        }
    }

    /// <summary>Closes all connections, which the other members see at once.</summary>
    public void Dispose()
    {
        LinkConnection[] open;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            open = [.. _open.Values];
        }
        foreach (var registration in _registrations) registration.Dispose();
        _closing.Cancel();
        foreach (var connection in open) connection.Dispose();
    }

    /// <summary>Bytes of one rank's largest share of a collective: partial sums, with their padding, logits, or a number for each head that is normed with others.</summary>
    internal static int MostSumBytes(int rows, ModelConfig config)
    {
        var heads = Math.Max(config.HeadCount + config.KvHeadCount, config.Recurrent?.HeadCount ?? 0);
        return (int)Math.Min(Array.MaxLength, (long)rows * Math.Max(Math.Max(config.HiddenSize + 64, config.VocabSize), heads) * sizeof(float));
    }

    private LinkHello Hello(GroupLane lane) => new(_plan.Group, _plan.Epoch, lane.Lane, _plan.Nodes[lane.From], _plan.Nodes[lane.To]);

    private bool Keep(GroupLane lane, LinkConnection connection)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _open.Add(lane, connection);
                return true;
            }
        }
        connection.Dispose();
        return false;
    }
}
