namespace Furiosa.Device.Models;

/// <summary>Which part of every layer one PE computes. Parts may be uneven or empty.</summary>
/// <param name="Rank">Rank in the tensor-parallel group.</param>
/// <param name="FirstHead">First query head.</param>
/// <param name="HeadCount">Query heads.</param>
/// <param name="FirstKvHead">First KV head that its query heads read.</param>
/// <param name="KvHeadCount">KV heads that its query heads read.</param>
/// <param name="FirstOwnedKvHead">First KV head that it computes and stores; the ones before are a lower-ranked local PE's.</param>
/// <param name="OwnedKvHeadCount">KV heads that it computes and stores.</param>
/// <param name="FirstFfn">First element of the dense feed-forward width.</param>
/// <param name="FfnCount">Elements of the dense feed-forward width.</param>
/// <param name="FirstVocab">First row of the output head.</param>
/// <param name="VocabCount">Rows of the output head.</param>
internal sealed record PeShare(
    int Rank, int FirstHead, int HeadCount, int FirstKvHead, int KvHeadCount, int FirstOwnedKvHead, int OwnedKvHeadCount,
    int FirstFfn, int FfnCount, int FirstVocab, int VocabCount)
{
    /// <summary>Its heads of layers with states; none for a model without.</summary>
    public RecurrentShare Recurrent { get; init; }

    /// <summary>Shares of the local members of a group, in rank order.</summary>
    public static PeShare[] Of(ModelConfig config, int tensorParallel, IEnumerable<int> localRanks)
    {
        var shares = new List<PeShare>();
        int kvEnd = 0, groupSize = config.HeadCount / config.KvHeadCount, perRank = ChunkPartition.ChunkCount / tensorParallel;
        foreach (int rank in localRanks)
        {
            int chunk = rank * perRank, end = chunk + perRank;
            int head = ChunkPartition.Start(config.HeadCount, chunk), heads = ChunkPartition.Start(config.HeadCount, end) - head;
            int kv = head / groupSize, kvCount = heads == 0 ? 0 : (head + heads - 1) / groupSize + 1 - kv;
            int owned = Math.Max(kv, kvEnd), ownedCount = Math.Max(0, kv + kvCount - owned);
            kvEnd = Math.Max(kvEnd, kv + kvCount);
            int ffn = Start(config.IntermediateSize, chunk), vocab = Start(config.VocabSize, chunk);
            shares.Add(new PeShare(
                rank, head, heads, kv, kvCount, owned, ownedCount,
                ffn, Start(config.IntermediateSize, end) - ffn, vocab, Start(config.VocabSize, end) - vocab)
            {
                Recurrent = config.Recurrent is { } recurrent ? RecurrentShare.Of(recurrent, chunk, end) : default,
            });
        }

        return [.. shares];
    }

    /// <summary>The part of a feed-forward width: first element and count.</summary>
    public (int First, int Count) FfnOf(int width, int tensorParallel)
    {
        int perRank = ChunkPartition.ChunkCount / tensorParallel, first = Start(width, Rank * perRank);
        return (first, Start(width, (Rank + 1) * perRank) - first);
    }

    private static int Start(int size, int chunk) => ChunkPartition.Start(size, ChunkPartition.UnitWidth, chunk);
}
