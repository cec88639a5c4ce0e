using System.Runtime.InteropServices;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of what replicas and stages tell of themselves.</summary>
internal static class ReplicaForm
{
    public static void WriteOutput(WireWriter writer, StepOutput output)
    {
        writer.Int(output.Replica);
        writer.Long(output.Epoch);
        WriteMark(writer, output.Mark);
        writer.List(output.Outputs.AsSpan(), static (to, entry) =>
        {
            to.Text(entry.RequestId);
            if (entry.Event is { } what) EventForm.Write(to, what);
            else EventForm.Write(to, entry.Token);
        });
        WriteLoad(writer, output.Load);
    }

    public static StepOutput ReadOutput(WireReader reader) => new(
        reader.Int(), reader.Long(), ReadMark(reader), reader.List(2, static from => EventForm.ReadOutput(from.Text(), from)), ReadLoad(reader));

    public static void WriteStatus(WireWriter writer, ReplicaStatus status)
    {
        writer.Int(status.Replica);
        writer.Long(status.Epoch);
        WriteMark(writer, status.Mark);
        writer.Byte((byte)status.State);
        writer.OptionalObject(status.Reason, static (to, reason) => to.Text(reason));
        WriteLoad(writer, status.Load);
    }

    public static ReplicaStatus ReadStatus(WireReader reader) => new(
        reader.Int(), reader.Long(), ReadMark(reader), reader.Choice<ReplicaState>(), reader.OptionalObject(static from => from.Text()), ReadLoad(reader));

    public static void WritePlaced(WireWriter writer, ReplicaPlaced placed)
    {
        writer.Int(placed.Replica);
        writer.Long(placed.Epoch);
        WriteMark(writer, placed.Mark);
        writer.List(placed.Stages.AsSpan(), static (to, stage) => to.List(stage.AsSpan(), WriteFootprint));
    }

    public static ReplicaPlaced ReadPlaced(WireReader reader) =>
        new(reader.Int(), reader.Long(), ReadMark(reader), reader.List(1, static from => from.List(7, ReadFootprint)));

    public static void WriteReady(WireWriter writer, StageReady ready)
    {
        writer.Long(ready.Epoch);
        writer.Int(ready.Stage);
        writer.Ints(ready.Ranks.AsSpan());
        writer.List(ready.Footprints.AsSpan(), WriteFootprint);
    }

    public static StageReady ReadReady(WireReader reader) =>
        new(reader.Long(), reader.Int(), ImmutableCollectionsMarshal.AsImmutableArray(reader.Ints()), reader.List(7, ReadFootprint));

    private static void WriteFootprint(WireWriter writer, PeFootprint footprint)
    {
        writer.Int(footprint.FirstLayer);
        writer.Int(footprint.LayerCount);
        writer.Int(footprint.QueryHeads);
        writer.Int(footprint.KvHeads);
        writer.Long(footprint.WeightBytes);
        writer.Long(footprint.KvBytes);
        writer.Long(footprint.StateBytes);
    }

    private static PeFootprint ReadFootprint(WireReader reader) =>
        new(reader.Int(), reader.Int(), reader.Int(), reader.Int(), reader.Long(), reader.Long()) { StateBytes = reader.Long() };

    private static void WriteMark(WireWriter writer, SessionMark mark)
    {
        writer.Long(mark.Session);
        writer.Long(mark.Serial);
        writer.Long(mark.Received);
    }

    private static SessionMark ReadMark(WireReader reader) => new(reader.Long(), reader.Long(), reader.Long());

    private static void WriteLoad(WireWriter writer, ReplicaLoad load)
    {
        writer.Int(load.Running);
        writer.Int(load.Waiting);
        writer.Int(load.FreeBlocks);
        writer.Int(load.CachedBlocks);
        writer.Int(load.States.All);
        if (load.States.All == 0) return;
        writer.Int(load.States.Used);
        writer.Int(load.States.Cached);
    }

    private static ReplicaLoad ReadLoad(WireReader reader) => new(reader.Int(), reader.Int(), reader.Int(), reader.Int(), ReadStates(reader));

    private static StateCounts ReadStates(WireReader reader)
    {
        var all = reader.Int();
        if (all == 0) return default;
        var (used, cached) = (reader.Int(), reader.Int());
        return new(used, cached, all - used - cached);
    }
}
