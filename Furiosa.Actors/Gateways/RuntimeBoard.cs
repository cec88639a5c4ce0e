using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Gateways;

/// <summary>Where the gateway's actor writes what others of the process may read at any time without asking it.</summary>
/// <param name="replicaCount">How many replicas there are to be before the start is over.</param>
internal sealed class RuntimeBoard(int replicaCount)
{
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile RuntimeHealth _health = new(RuntimeState.Loading, 0, 0, 0, 0);

    private ReplicaPicture[] _replicas = []; // by index
    private ReplicaPicture[] _shown = []; // the same in the order in which they were given
    private (int Replica, StageWork Work)[] _own = [];
    private long _resumes;

    /// <summary>The last events.</summary>
    public RuntimeJournal Journal { get; } = new();

    /// <summary>All that is known of the replicas.</summary>
    public RuntimePicture Picture => new(Volatile.Read(ref _replicas), Interlocked.Read(ref _resumes)) { Own = Volatile.Read(ref _own) };

    /// <summary>The live state.</summary>
    public RuntimeHealth Health => _health;

    /// <summary>Completes when all replicas serve for the first time.</summary>
    public Task AllServing => _serving.Task;

    /// <summary>A request went on after its group was lost.</summary>
    public void NoteResume() => Interlocked.Increment(ref _resumes);

    /// <summary>Elements of this process have computed. For one thread.</summary>
    public void NoteWork(int replica, StageWork work) =>
        Volatile.Write(ref _own, [.. _own.Where(one => one.Replica != replica || one.Work.Stage != work.Stage), (replica, work)]);

    /// <summary>Shows how things are now, which is after every step: without an allocation unless something has changed. For one thread.</summary>
    public void Publish(IReadOnlyList<ReplicaView> replicas, bool isDraining, int running, int waiting)
    {
        var changed = replicas.Count != _shown.Length;
        var (free, cached, serving, failed) = (0, 0, 0, 0);
        for (var i = 0; i < replicas.Count; i++)
        {
            var replica = replicas[i];
            free += replica.Load.FreeBlocks;
            cached += replica.Load.CachedBlocks;
            if (replica.Serves) serving++;
            if (replica.State == ReplicaState.Failed) failed++;
            changed = changed || !ReferenceEquals(replica.ToPicture(), _shown[i]);
        }
        if (changed)
        {
            _shown = [.. replicas.Select(replica => replica.ToPicture())];
            Volatile.Write(ref _replicas, [.. _shown.OrderBy(replica => replica.Index)]);
        }
        var state = isDraining ? RuntimeState.Draining
            : serving > 0 ? RuntimeState.Serving
            : failed == replicas.Count && failed > 0 ? RuntimeState.Failed : RuntimeState.Loading;
        var known = _health;
        if ((state, running, waiting, free, cached) != (known.State, known.RunningRequests, known.WaitingRequests, known.FreeKvBlocks, known.CachedKvBlocks))
            _health = new(state, running, waiting, free, cached);
        if (serving >= replicaCount) _serving.TrySetResult();
    }
}
