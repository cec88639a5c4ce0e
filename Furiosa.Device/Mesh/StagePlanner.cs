using System.Collections.Immutable;

namespace Furiosa.Device.Mesh;

/// <summary>Deals groups out to the stages of replicas, on strictly increasing devices within a replica where that can be.</summary>
internal static class StagePlanner
{
    /// <summary>Uses every group exactly once; there are <paramref name="stages"/> times <paramref name="replicas"/> of them, in order.</summary>
    public static ImmutableArray<MeshReplica> Plan(ImmutableArray<ImmutableArray<PeId>> groups, int stages, int replicas)
    {
        var order = Greedy(groups, stages, replicas) ?? Dealt(groups, stages, replicas) ?? [.. Enumerable.Range(0, groups.Length)];
        return
        [
            .. Enumerable.Range(0, replicas).Select(replica => new MeshReplica(
                replica, [.. Enumerable.Range(0, stages).Select(stage => new MeshStage(stage, groups[order[replica * stages + stage]]))])),
        ];
    }

    /// <summary>The devices on which a replica has more than one stage, ascending.</summary>
    public static IReadOnlyList<int> SharedDevices(ImmutableArray<MeshReplica> replicas) =>
    [
        .. replicas.SelectMany(replica => replica.Stages.GroupBy(stage => stage.Device).Where(stages => stages.Skip(1).Any()).Select(stages => stages.Key))
            .Distinct().Order(),
    ];

    // For each replica, for each stage, the first unused group on a later device than the stage before.
    private static int[]? Greedy(ImmutableArray<ImmutableArray<PeId>> groups, int stages, int replicas)
    {
        var order = new int[groups.Length];
        var used = new bool[groups.Length];
        for (var place = 0; place < stages * replicas; place++)
        {
            var after = place % stages == 0 ? -1 : groups[order[place - 1]][0].Device;
            var found = -1;
            for (var group = 0; found < 0 && group < groups.Length; group++)
                if (!used[group] && groups[group][0].Device > after) found = group;
            if (found < 0) return null;
            used[found] = true;
            order[place] = found;
        }

        return order;
    }

    // Stage s of replica r is group s * replicas + r. It succeeds whenever any way does: a device with more groups than there are
    // replicas must give two to one of them, and with no more, groups that lie "replicas" apart are on different devices.
    private static int[]? Dealt(ImmutableArray<ImmutableArray<PeId>> groups, int stages, int replicas)
    {
        for (var group = replicas; group < groups.Length; group++)
            if (groups[group][0].Device == groups[group - replicas][0].Device) return null;
        return [.. Enumerable.Range(0, groups.Length).Select(place => place % stages * replicas + place / stages)];
    }
}
