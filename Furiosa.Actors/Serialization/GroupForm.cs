using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of how groups come together.</summary>
internal static class GroupForm
{
    public static void WriteOpen(WireWriter writer, OpenGroup open)
    {
        var plan = open.Plan;
        writer.Text(plan.Group);
        writer.Long(plan.Epoch);
        writer.List(plan.Secret.AsSpan(), static (to, part) => to.Byte(part));
        writer.Text(plan.Model);
        writer.Int(plan.Replica);
        WriteCache(writer, plan.Cache);
        writer.Int(plan.MaxRows);
        writer.List(plan.Nodes.AsSpan(), static (to, node) => to.Text(node));
        writer.List(plan.Stages.AsSpan(), WriteStage);
        writer.Int(open.Member);
    }

    public static OpenGroup ReadOpen(WireReader reader) => new(
        new GroupPlan(
            reader.Text(), reader.Long(), reader.List(1, static from => from.Byte()), reader.Text(), reader.Int(), ReadCache(reader), reader.Int(),
            reader.List(1, static from => from.Text()), reader.List(2, ReadStage)),
        reader.Int());

    public static void WriteCache(WireWriter writer, CacheSize size)
    {
        writer.Int(size.Blocks);
        writer.Int(size.States);
    }

    public static CacheSize ReadCache(WireReader reader) => new(reader.Int(), reader.Int());

    public static void WriteOpened(WireWriter writer, GroupOpened opened)
    {
        writer.Long(opened.Epoch);
        writer.Int(opened.Member);
        WriteEndpoint(writer, opened.Endpoint);
    }

    public static GroupOpened ReadOpened(WireReader reader) => new(reader.Long(), reader.Int(), ReadEndpoint(reader));

    public static void WriteConnect(WireWriter writer, ConnectGroup connect)
    {
        writer.Long(connect.Epoch);
        writer.List(connect.Endpoints.AsSpan(), WriteEndpoint);
    }

    public static ConnectGroup ReadConnect(WireReader reader) => new(reader.Long(), reader.List(2, ReadEndpoint));

    private static void WriteEndpoint(WireWriter writer, DataEndpoint endpoint)
    {
        writer.Text(endpoint.Host);
        writer.Int(endpoint.Port);
    }

    private static DataEndpoint ReadEndpoint(WireReader reader) => new(reader.Text(), reader.Int());

    private static void WriteStage(WireWriter writer, GroupStage stage)
    {
        writer.List(stage.Pes.AsSpan(), static (to, pe) =>
        {
            to.Int(pe.Device);
            to.Int(pe.Pe);
        });
        writer.List(stage.Parts.AsSpan(), static (to, part) =>
        {
            to.Int(part.Member);
            to.Ints(part.Ranks.AsSpan());
        });
    }

    private static GroupStage ReadStage(WireReader reader) => new(
        reader.List(2, static from => new PeId(from.Int(), from.Int())),
        reader.List(2, static from => new GroupPart(from.Int(), from.Ints().ToImmutableArray())));
}
