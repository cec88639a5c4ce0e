using System.Collections.Immutable;

namespace Furiosa.Device.Mesh;

/// <summary>One whole copy of the model.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Stages">Its stages in pipeline order.</param>
public sealed record MeshReplica(int Index, ImmutableArray<MeshStage> Stages);
