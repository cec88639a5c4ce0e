using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>What a device node's placer is made with.</summary>
/// <param name="Degrees">How the model is split; the same on every node.</param>
/// <param name="SpanNodes">Whether the parts of a replica may be on several nodes.</param>
/// <param name="Say">Told what the admin is to read.</param>
internal sealed record PlacerSettings(ParallelDegrees Degrees, bool SpanNodes, Action<string> Say);
