using System.Collections.Concurrent;
using Furiosa.Actors.Observation;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>A processing element at work for a replica.</summary>
/// <param name="Replica">The replica.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Node">Name of the node; empty in a process by itself.</param>
/// <param name="Name">E.g. <c>npu:0:3</c>.</param>
internal readonly record struct PePlace(int Replica, int Stage, string Node, string Name);

/// <summary>How busy each processing element was over the last samples.</summary>
internal sealed class PeUtilization(TimeProvider clock)
{
    private const int Samples = 10;
    private readonly Dictionary<PePlace, (Rising Total, Queue<(long At, double Busy)> Samples)> _samples = [];
    private readonly ConcurrentDictionary<PePlace, double> _ratios = new();

    /// <summary>Takes the next sample of all elements that have reported; for one thread.</summary>
    public void Sample(RuntimePicture picture)
    {
        var now = clock.GetTimestamp();
        var reported = picture.Replicas.SelectMany(replica => replica.Parts.Select(part => (Replica: replica.Index, Work: part))).Concat(picture.Own);
        foreach (var (replica, work) in reported)
        {
            foreach (var (_, pe) in work.Elements) Take(new PePlace(replica, work.Stage, work.Node, pe), now, work.Busy.TotalSeconds);
        }

        // One that has left does nothing any more.
        foreach (var (pe, (_, samples)) in _samples)
        {
            if (samples.Last().At != now) _ratios[pe] = 0;
        }
    }

    /// <summary>All elements that have reported.</summary>
    public IEnumerable<(PePlace Pe, double Ratio)> All => _ratios.Select(pe => (pe.Key, pe.Value));

    /// <summary>Part of the last ten seconds that it computed; null for one that never reported.</summary>
    public double? Of(PePlace pe) => _ratios.TryGetValue(pe, out var ratio) ? ratio : null;

    private void Take(PePlace pe, long now, double busySeconds)
    {
        if (!_samples.TryGetValue(pe, out var kept)) _samples.Add(pe, kept = (new(), new()));
        var (total, samples) = kept;
        // Heard twice, of its replica and in its own process, is one sample.
        if (samples.Count > 0 && samples.Last().At == now) return;
        samples.Enqueue((now, total.Take(busySeconds)));
        if (samples.Count > Samples + 1) samples.Dequeue();
        var (first, before) = samples.Peek();
        var seconds = clock.GetElapsedTime(first, now).TotalSeconds;
        _ratios[pe] = seconds <= 0 ? 0 : Math.Clamp((total.Total - before) / seconds, 0, 1);
    }
}
