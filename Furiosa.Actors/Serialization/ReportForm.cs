using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of reports.</summary>
internal static class ReportForm
{
    public static void WriteStage(WireWriter writer, StageReport report)
    {
        writer.Long(report.Epoch);
        WriteWork(writer, report.Work);
    }

    public static StageReport ReadStage(WireReader reader) => new(reader.Long(), ReadWork(reader));

    public static void WriteReplica(WireWriter writer, ReplicaReport report)
    {
        writer.Int(report.Replica);
        writer.Long(report.Epoch);
        var counters = report.Counters;
        writer.Long(counters.PrefixQueries);
        writer.Long(counters.PrefixHits);
        writer.Long(counters.Preemptions);
        writer.Long(counters.Steps);
        writer.Long(counters.Active.Ticks);
        writer.List(counters.StepSizes.AsSpan(), static (to, count) => to.Long(count));
        writer.List(counters.StepTokens.AsSpan(), static (to, count) => to.Long(count));
        writer.Int(counters.Blocks);
        writer.Long(counters.Drafts.Drafts);
        writer.Long(counters.Drafts.Tokens);
        writer.Long(counters.Drafts.Accepted);
        writer.List(counters.Drafts.AcceptedAt.AsSpan(), static (to, count) => to.Long(count));
        writer.List(report.Stages.AsSpan(), WriteWork);
    }

    public static ReplicaReport ReadReplica(WireReader reader) => new(reader.Int(), reader.Long(), ReadCounters(reader), reader.List(9, ReadWork));

    private static ReplicaCounters ReadCounters(WireReader reader) => new(
        reader.Long(), reader.Long(), reader.Long(), reader.Long(), ReadTime(reader), reader.List(1, static from => from.Long()), reader.List(1, static from => from.Long()), reader.Int())
    {
        Drafts = new(reader.Long(), reader.Long(), reader.Long(), reader.List(1, static from => from.Long())),
    };

    private static void WriteWork(WireWriter writer, StageWork work)
    {
        writer.Long(work.Steps);
        writer.Long(work.Tokens);
        foreach (var time in (ReadOnlySpan<TimeSpan>)[work.Products, work.Attention, work.Collectives, work.Sampling, work.Other, work.Waiting]) writer.Long(time.Ticks);
        writer.Int(work.Stage);
        writer.Text(work.Node);
        writer.Text(work.Pes);
        writer.Text(work.Ranks);
    }

    private static StageWork ReadWork(WireReader reader) => new(
        reader.Long(), reader.Long(), ReadTime(reader), ReadTime(reader), ReadTime(reader), ReadTime(reader), ReadTime(reader), ReadTime(reader))
    {
        Stage = reader.Int(),
        Node = reader.Text(),
        Pes = reader.Text(),
        Ranks = reader.Text(),
    };

    // Bounded, so that sums of them never overflow whatever was sent.
    private static TimeSpan ReadTime(WireReader reader) => TimeSpan.FromTicks(reader.Long() & ((1L << 56) - 1));
}
