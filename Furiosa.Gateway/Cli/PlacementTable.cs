using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary>The table of what each PE holds, with the sums.</summary>
internal static class PlacementTable
{
    private static readonly string[] Head = ["PE", "replica", "stage", "rank", "layers", "heads", "KV heads", "weights", "KV cache"];

    public static IEnumerable<string> Lines(RuntimeSummary summary)
    {
        List<string[]> rows = [Head, .. summary.Pes.Select(Row)];
        rows.Add(["shared", "", "", "", "", "", "", ByteSize.Show(summary.SharedBytes), ""]);
        var weights = summary.SharedBytes + summary.Pes.Sum(pe => pe.WeightBytes);
        rows.Add(["sum", "", "", "", "", "", "", ByteSize.Show(weights), ByteSize.Show(summary.Pes.Sum(pe => pe.KvBytes))]);
        var widths = Enumerable.Range(0, Head.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd());
    }

    private static string[] Row(PeSummary pe) =>
    [
        pe.Name, $"{pe.Replica}", $"{pe.Stage}", $"{pe.Rank}",
        pe.LayerCount == 1 ? $"{pe.FirstLayer}" : $"{pe.FirstLayer}-{pe.FirstLayer + pe.LayerCount - 1}",
        $"{pe.QueryHeads}", $"{pe.KvHeads}", ByteSize.Show(pe.WeightBytes), ByteSize.Show(pe.KvBytes),
    ];
}
