using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Gateways;

/// <summary>Where the gateway's actor writes what others of the process may read at any time without asking it.</summary>
/// <param name="replicaCount">How many replicas there are to be before the start is over.</param>
internal sealed class RuntimeBoard(int replicaCount)
{
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile RuntimeHealth _health = new(RuntimeState.Loading, 0, 0, 0, 0);

    /// <summary>The live state.</summary>
    public RuntimeHealth Health => _health;

    /// <summary>Completes when all replicas serve for the first time.</summary>
    public Task AllServing => _serving.Task;

    public void Publish(IReadOnlyCollection<ReplicaView> replicas, bool isDraining, int running, int waiting)
    {
        var (free, cached, serving, failed) = (0, 0, 0, 0);
        foreach (var replica in replicas)
        {
            free += replica.Load.FreeBlocks;
            cached += replica.Load.CachedBlocks;
            if (replica.Serves) serving++;
            if (replica.State == ReplicaState.Failed) failed++;
        }
        var state = isDraining ? RuntimeState.Draining
            : serving > 0 ? RuntimeState.Serving
            : failed == replicas.Count && failed > 0 ? RuntimeState.Failed : RuntimeState.Loading;
        _health = new(state, running, waiting, free, cached);
        if (serving >= replicaCount) _serving.TrySetResult();
    }
}
