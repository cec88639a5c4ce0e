using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>Manifest, writer and reader of one message type.</summary>
internal sealed record MessageForm(Type Type, string Manifest, Action<WireWriter, object> Write, Func<WireReader, object> Read)
{
    /// <summary>
    /// All of them. A manifest is never used for another form: a changed message gets a new one, whose reader is rolled out first.
    /// (<c>st</c> and <c>sc</c> were steps and results, which go over data connections now.)
    /// </summary>
    public static IReadOnlyList<MessageForm> All { get; } =
    [
        Of<SubmitRequest>("rq", WriteSubmit, from => new(RequestForm.Read(from), from.Long())),
        Of<AbortRequest>("ra", WriteAbort, from => new(from.Text(), from.Long())),
        Of<FinishRequestChoice>("rf", WriteFinish, from => new(from.Text(), from.Int(), from.Long())),
        Of<SubscribeToReplica>("rs", (to, it) => to.Long(it.Session), from => new(from.Long())),
        Of<DrainReplica>("rd", (_, _) => { }, _ => DrainReplica.Instance),
        Of<UndrainReplica>("ru", (_, _) => { }, _ => UndrainReplica.Instance),
        Of<StepOutput>("go", ReplicaForm.WriteOutput, ReplicaForm.ReadOutput),
        Of<ReplicaStatus>("gs", ReplicaForm.WriteStatus, ReplicaForm.ReadStatus),
        Of<ReplicaPlaced>("gp", ReplicaForm.WritePlaced, ReplicaForm.ReadPlaced),
        Of<PeerBeat>("pe", NodeForm.WriteBeat, NodeForm.ReadBeat),
        Of<PeerDrain>("pd", (to, it) => to.Bool(it.Drains), from => new(from.Bool())),
        Of<AssignReplicas>("na", NodeForm.WriteAssign, NodeForm.ReadAssign),
        Of<KeepRecord>("ak", (to, it) => WriteRecord(to, it.Id, it.Record), from => new(from.Text(), ReadBytes(from))),
        Of<RecordKept>("ac", (to, it) => to.Text(it.Id), from => new(from.Text())),
        Of<FindRecord>("af", (to, it) => to.Text(it.Id), from => new(from.Text())),
        Of<OfferRecords>("ao", (to, it) => to.List(it.Ids.AsSpan(), static (to, id) => to.Text(id)), from => new(from.List(1, static from => from.Text()))),
        Of<RecordFound>("ar", (to, it) => WriteRecord(to, it.Id, it.Record), from => new(from.Text(), ReadBytes(from))),
        Of<GatewayQuestion>("xq", (to, it) => WriteNumbered(to, it.Id, it.Question), from => new(from.Long(), ReadBytes(from))),
        Of<GatewayAnswer>("xa", (to, it) => WriteNumbered(to, it.Id, it.Answer), from => new(from.Long(), ReadBytes(from))),
        Of<MessagePart>("mp", WritePart, from => new(from.Long(), from.Int(), from.Int(), from.Text(), ReadBytes(from))),
        Of<PeerRefused>("pr", (to, it) => to.Text(it.Reason), from => new(from.Text())),
        Of<StageReady>("sr", ReplicaForm.WriteReady, ReplicaForm.ReadReady),
        Of<StageFailed>("sf", (to, it) => WriteFault(to, it.Epoch, it.Stage, it.Reason), from => new(from.Long(), from.Int(), from.Text())),
        Of<EpochIsOver>("so", WriteOver, from => new(from.Long(), from.Long(), from.Text())),
        Of<StepFaulted>("sx", WriteDeath, from => new(from.Long(), from.Int(), from.Text(), from.Choice<GroupDeath>())),
        Of<OpenGroup>("po", GroupForm.WriteOpen, GroupForm.ReadOpen),
        Of<GroupOpened>("pp", GroupForm.WriteOpened, GroupForm.ReadOpened),
        Of<ConnectGroup>("pc", GroupForm.WriteConnect, GroupForm.ReadConnect),
        Of<CloseGroup>("px", (to, it) => to.Long(it.Epoch), from => new(from.Long())),
        Of<StageReport>("sw", ReportForm.WriteStage, ReportForm.ReadStage),
        Of<ReplicaReport>("gr", ReportForm.WriteReplica, ReportForm.ReadReplica),
        Of<GatewayUsage>("gu", UsageForm.Write, UsageForm.Read),
        Of<AskSpending>("gq", static (_, _) => { }, static _ => AskSpending.Instance),
        Of<SpendingTold>("gd", UsageForm.WriteSpending, UsageForm.ReadSpending),
    ];

    private static MessageForm Of<T>(string manifest, Action<WireWriter, T> write, Func<WireReader, T> read) where T : class, IFuriosaMessage =>
        new(typeof(T), manifest, (writer, message) => write(writer, (T)message), read);

    private static void WriteRecord(WireWriter writer, string id, ImmutableArray<byte> record)
    {
        writer.Text(id);
        writer.Bytes(record.AsSpan());
    }

    private static void WriteNumbered(WireWriter writer, long id, ImmutableArray<byte> bytes)
    {
        writer.Long(id);
        writer.Bytes(bytes.AsSpan());
    }

    private static ImmutableArray<byte> ReadBytes(WireReader reader) => ImmutableCollectionsMarshal.AsImmutableArray(reader.Bytes());

    private static void WritePart(WireWriter writer, MessagePart part)
    {
        writer.Long(part.Message);
        writer.Int(part.Index);
        writer.Int(part.Count);
        writer.Text(part.Manifest);
        writer.Bytes(part.Bytes.AsSpan());
    }

    private static void WriteSubmit(WireWriter writer, SubmitRequest message)
    {
        RequestForm.Write(writer, message.Request);
        writer.Long(message.Serial);
    }

    private static void WriteAbort(WireWriter writer, AbortRequest message)
    {
        writer.Text(message.RequestId);
        writer.Long(message.Serial);
    }

    private static void WriteFinish(WireWriter writer, FinishRequestChoice message)
    {
        writer.Text(message.RequestId);
        writer.Int(message.Choice);
        writer.Long(message.Serial);
    }

    private static void WriteFault(WireWriter writer, long epoch, int stage, string reason)
    {
        writer.Long(epoch);
        writer.Int(stage);
        writer.Text(reason);
    }

    private static void WriteDeath(WireWriter writer, StepFaulted message)
    {
        WriteFault(writer, message.Epoch, message.Stage, message.Reason);
        writer.Byte((byte)message.Death);
    }

    private static void WriteOver(WireWriter writer, EpochIsOver message)
    {
        writer.Long(message.Epoch);
        writer.Long(message.Known);
        writer.Text(message.Reason);
    }
}
