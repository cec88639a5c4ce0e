using Furiosa.Actors.Cluster;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of what nodes tell of themselves, and of what they are to host.</summary>
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
        writer.List(node.Pes.AsSpan(), WritePe);
        GroupForm.WriteCache(writer, node.Cache);
        writer.List(node.Replicas.AsSpan(), static (to, hosted) =>
        {
            WriteReplica(to, hosted.Placed);
            to.Text(hosted.State);
            to.Text(hosted.Path);
        });
        writer.Long(node.PlanVersion);
        writer.List(node.PlanNotices.AsSpan(), static (to, notice) => to.Text(notice));
        writer.Long(node.Process);
        writer.List(beat.Cluster.Members.AsSpan(), static (to, member) => to.Long(member));
        writer.Text(beat.Cluster.Oldest);
    }

    public static PeerBeat ReadBeat(WireReader reader) => new(ReadNode(reader), new ClusterMark(reader.List(8, static from => from.Long()), reader.Text()));

    private static NodeDescription ReadNode(WireReader reader) => new(
        reader.Text(), reader.Text(), reader.Long(), reader.Long(), reader.Choice<NodeRoles>(), reader.Text(), reader.Text(), reader.Bool(),
        reader.List(2, ReadPe), GroupForm.ReadCache(reader),
        reader.List(6, static from => new HostedReplica(ReadReplica(from), from.Text(), from.Text())),
        reader.Long(), reader.List(1, static from => from.Text())) { Process = reader.Long() };

    public static void WriteAssign(WireWriter writer, AssignReplicas assign)
    {
        writer.Long(assign.Version);
        writer.List(assign.Replicas.AsSpan(), WriteReplica);
        writer.List(assign.Nodes.AsSpan(), static (to, node) =>
        {
            to.Text(node.Name);
            to.Text(node.Address);
            to.Long(node.Incarnation);
        });
        writer.List(assign.Notices.AsSpan(), static (to, notice) => to.Text(notice));
    }

    public static AssignReplicas ReadAssign(WireReader reader) => new(
        reader.Long(), reader.List(5, ReadReplica), reader.List(3, static from => new NodeAddress(from.Text(), from.Text(), from.Long())),
        reader.List(1, static from => from.Text()));

    private static void WriteReplica(WireWriter writer, PlacedReplica replica)
    {
        writer.Int(replica.Index);
        writer.Long(replica.Id);
        GroupForm.WriteCache(writer, replica.Cache);
        writer.List(replica.Stages.AsSpan(), static (to, stage) =>
        {
            to.Int(stage.Index);
            to.List(stage.Pes.AsSpan(), static (to, pe) =>
            {
                to.Text(pe.Node);
                WritePe(to, pe.Id);
            });
        });
    }

    private static PlacedReplica ReadReplica(WireReader reader) => new(
        reader.Int(), reader.Long(), GroupForm.ReadCache(reader),
        reader.List(2, static from => new PlacedStage(from.Int(), from.List(3, static from => new PlacedPe(from.Text(), ReadPe(from))))));

    private static void WritePe(WireWriter writer, PeId pe)
    {
        writer.Int(pe.Device);
        writer.Int(pe.Pe);
    }

    private static PeId ReadPe(WireReader reader) => new(reader.Int(), reader.Int());
}
