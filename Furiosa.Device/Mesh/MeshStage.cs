using System.Collections.Immutable;

namespace Furiosa.Device.Mesh;

/// <summary>One pipeline stage of one replica.</summary>
/// <param name="Index">Its place in the pipeline, from 0.</param>
/// <param name="Pes">Its tensor-parallel group by rank: consecutive PEs of one device.</param>
public sealed record MeshStage(int Index, ImmutableArray<PeId> Pes)
{
    /// <summary>The device that all its PEs belong to.</summary>
    public int Device => Pes[0].Device;
}
