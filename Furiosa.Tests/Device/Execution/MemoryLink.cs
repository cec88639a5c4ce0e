using Furiosa.Device.Execution;

namespace Furiosa.Tests.Device.Execution;

/// <summary>Links of the parts of one group inside one process: all-gather through a meeting point.</summary>
internal sealed class MemoryLink(MemoryLink.Meeting meeting, int[] localRanks) : ITensorParallelLink
{
    public void AllGather(float[][] valuesByRank, ReadOnlySpan<int> countByRank)
    {
        foreach (int rank in localRanks) meeting.Shared[rank] = valuesByRank[rank].AsSpan(0, countByRank[rank]).ToArray();
        meeting.Wait();
        for (int rank = 0; rank < valuesByRank.Length; rank++)
        {
            if (!localRanks.Contains(rank)) meeting.Shared[rank].CopyTo(valuesByRank[rank], 0);
        }

        meeting.Wait();
    }

    public void Dispose() => meeting.Close();

    /// <summary>Where the parts meet; once closed, whoever waits is told that a peer is gone.</summary>
    public sealed class Meeting(int ranks, int parts)
    {
        private readonly Barrier _barrier = new(parts);
        private readonly CancellationTokenSource _closed = new();

        public float[][] Shared { get; } = new float[ranks][];

        public void Wait()
        {
            try
            {
                if (!_barrier.SignalAndWait(TimeSpan.FromSeconds(60), _closed.Token)) throw new IOException("A peer did not come.");
            }
            catch (OperationCanceledException)
            {
                throw new IOException("A peer is gone.");
            }
        }

        public void Close() => _closed.Cancel();
    }
}
