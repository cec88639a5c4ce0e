using System.Collections.Immutable;

namespace Furiosa.Device.Mesh;

/// <summary>Cuts a sorted list of PEs into tensor-parallel groups.</summary>
internal static class PeFusion
{
    /// <summary>Every group is <paramref name="size"/> consecutive PEs of one device and starts at a multiple of its size.</summary>
    /// <exception cref="DeviceSpecException">The list does not fall into such groups.</exception>
    public static ImmutableArray<ImmutableArray<PeId>> Fuse(ReadOnlySpan<PeId> sorted, int size)
    {
        var groups = ImmutableArray.CreateBuilder<ImmutableArray<PeId>>(sorted.Length / size);
        for (var start = 0; start < sorted.Length; start += size)
        {
            var group = sorted.Slice(start, size);
            Check(group);
            groups.Add([.. group]);
        }

        return groups.MoveToImmutable();
    }

    private static void Check(ReadOnlySpan<PeId> group)
    {
        var first = group[0];
        if (!DeviceSpec.IsAligned(first.Pe, group.Length))
            throw new DeviceSpecException($"Invalid start pe index for fusion: {first}; {group.Length} PEs fuse only from a multiple of {group.Length} on, e.g. npu:{first.Device}:0-{group.Length - 1}.");
        for (var i = 1; i < group.Length; i++)
        {
            var expected = first with { Pe = first.Pe + i };
            if (group[i] != expected)
                throw new DeviceSpecException($"Unexpected pe index: {group[i]} where {expected} was expected; {group.Length} PEs fuse only when they follow each other on one device, e.g. npu:{first.Device}:{first.Pe}-{first.Pe + group.Length - 1}.");
        }
    }
}
