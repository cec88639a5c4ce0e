using System.Collections.Immutable;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Gateways;

/// <summary>Where the gateway's actor writes what others of the process may read at any time without asking it.</summary>
internal sealed class RuntimeBoard(int replicaCount)
{
    private readonly TaskCompletionSource<ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>>> _serving =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile RuntimeHealth _health = new(RuntimeState.Loading, 0, 0, 0, 0);

    /// <summary>The live state.</summary>
    public RuntimeHealth Health => _health;

    /// <summary>What each PE of each stage of each replica holds, when all serve for the first time; fails when one cannot.</summary>
    public Task<ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>>> AllServing => _serving.Task;

    public void Publish(IReadOnlyCollection<ReplicaView> replicas, bool isDraining, int running, int waiting)
    {
        var (free, cached, serving, failed) = (0, 0, 0, 0);
        foreach (var replica in replicas)
        {
            free += replica.Load.FreeBlocks;
            cached += replica.Load.CachedBlocks;
            if (replica.State == ReplicaState.Serving) serving++;
            if (replica.State == ReplicaState.Failed) failed++;
        }
        var state = isDraining ? RuntimeState.Draining
            : serving > 0 ? RuntimeState.Serving
            : failed == replicas.Count && failed > 0 ? RuntimeState.Failed : RuntimeState.Loading;
        _health = new(state, running, waiting, free, cached);
        if (_serving.Task.IsCompleted) return;
        if (serving == replicaCount) _serving.TrySetResult([.. replicas.Select(replica => replica.Stages)]);
        else if (failed > 0) _serving.TrySetException(new RuntimeStartException(replicas.First(r => r.State == ReplicaState.Failed).Reason ?? "A replica could not be started."));
    }
}
