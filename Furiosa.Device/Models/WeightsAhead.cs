using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Models;

/// <summary>
/// The weights that each compute thread reads first in a product of few rows. A thread that waits for others, or for a phase that one thread does alone,
/// fetches them meanwhile: a step of one row has dozens of short phases, and memory would rest between any two.
/// </summary>
internal sealed unsafe class WeightsAhead
{
    private const long MostBytes = 192 << 10; // of a second-level cache that has at least 512 KiB on processors of servers
    private const int LineBytes = 64;
    private const int LinesAtOnce = 8; // a thread looks for work between them

    private readonly (nint Start, nint End)[][] _runs; // of each thread

    /// <param name="workers">Compute threads.</param>
    /// <param name="reads">What the product reads; each thread begins with its share of the groups.</param>
    public WeightsAhead(int workers, WeightReads reads)
    {
        _runs = new (nint, nint)[workers][];
        for (int worker = 0; worker < workers; worker++)
        {
            var runs = new List<(nint Start, nint End)>();
            long left = MostBytes;
            int end = (int)((worker + 1L) * reads.Groups / workers);
            for (int group = (int)((long)worker * reads.Groups / workers); group < end && left > 0; group++)
            {
                foreach (var (start, stop) in reads.Of(group))
                {
                    var taken = (nint)Math.Min(left, stop - start);
                    if (taken == 0) continue;
                    runs.Add((start, start + taken));
                    left -= taken;
                }
            }

            _runs[worker] = [.. runs];
        }
    }

    /// <summary>How far a thread has fetched.</summary>
    public struct Cursor
    {
        private WeightsAhead? _of;
        private int _run;
        private nint _next;

        /// <summary>Fetches a few lines more; false when nothing is left.</summary>
        /// <param name="ahead">What is fetched: begun anew where it is another one than before.</param>
        /// <param name="worker">The thread.</param>
        public bool Fetch(WeightsAhead ahead, int worker)
        {
            if (!Sse.IsSupported) return false;
            var runs = ahead._runs[worker];
            if (_of != ahead)
            {
                (_of, _run) = (ahead, 0);
                if (runs.Length > 0) _next = runs[0].Start;
            }

            if (_run >= runs.Length) return false;
            for (int line = 0; line < LinesAtOnce; line++, _next += LineBytes) Sse.Prefetch1((void*)_next);
            if (_next >= runs[_run].End && ++_run < runs.Length) _next = runs[_run].Start;
            return true;
        }
    }
}

/// <summary>The weights that a product reads.</summary>
/// <param name="Groups">Groups of panels, of which a thread takes one at a time.</param>
/// <param name="Of">Where the weights of a group lie, in the order in which they are read.</param>
internal readonly record struct WeightReads(int Groups, Func<int, IEnumerable<(nint Start, nint End)>> Of);
