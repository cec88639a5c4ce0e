using Furiosa.Actors.Cluster;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of what nodes tell of themselves.</summary>
internal static class NodeForm
{
    public static void WriteBeat(WireWriter writer, PeerBeat beat)
    {
        var node = beat.Node;
        writer.Text(node.Name);
        writer.Text(node.Address);
        writer.Long(node.Incarnation);
        writer.Long(node.Version);
        writer.Byte((byte)node.Roles);
        writer.Text(node.Model);
        writer.Text(node.Weights);
        writer.Bool(node.IsDraining);
        writer.List(node.Pes.AsSpan(), static (to, pe) =>
        {
            to.Int(pe.Device);
            to.Int(pe.Pe);
        });
        writer.List(node.Replicas.AsSpan(), static (to, replica) =>
        {
            to.Int(replica.Index);
            to.Text(replica.Path);
        });
    }

    public static PeerBeat ReadBeat(WireReader reader) => new(new NodeDescription(
        reader.Text(), reader.Text(), reader.Long(), reader.Long(), reader.Choice<NodeRoles>(), reader.Text(), reader.Text(), reader.Bool(),
        reader.List(2, static from => new PeId(from.Int(), from.Int())),
        reader.List(2, static from => new HostedReplica(from.Int(), from.Text()))));
}
