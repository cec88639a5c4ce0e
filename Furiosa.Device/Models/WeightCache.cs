using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The packed weights of a process: each slice once, shared read-only by all replicas, freed with the model.</summary>
internal sealed class WeightCache(WeightPacker packer, DecoderTensors tensors, ModelConfig config) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Layer, int TensorParallel, PeShare Share), LayerShard> _shards = [];
    private readonly Dictionary<int, LayerShared> _shared = [];
    private readonly Dictionary<(int First, int Count), PackedMatrix> _heads = [];

    public EmbeddingTable Embedding => packer.Embedding;

    public IPositionTable? Positions => packer.Positions;

    /// <summary>Bytes of what all PEs of a whole replica read alike.</summary>
    public long SharedBytes => Embedding.ByteLength + (Positions?.ByteLength ?? 0) + NormBuffer.BytesOf(tensors.FinalNorm, config) + (tensors.EmbeddingNorm is { } norm ? NormBuffer.BytesOf(norm, config) : 0)
        + Enumerable.Range(0, config.LayerCount).Sum(layer => Shared(layer).Bytes);

    /// <summary>What each of a group's local members holds of a layer.</summary>
    public LayerShard[] Shards(int layer, int tensorParallel, PeShare[] shares)
    {
        lock (_gate)
        {
            var missing = Array.FindAll(shares, share => !_shards.ContainsKey((layer, tensorParallel, share)));
            if (missing.Length > 0)
            {
                var packed = packer.PackLayer(layer, missing, tensorParallel);
                tensors.EnsureUnchanged();
                for (int i = 0; i < missing.Length; i++) _shards.Add((layer, tensorParallel, missing[i]), packed[i]);
            }

            return Array.ConvertAll(shares, share => _shards[(layer, tensorParallel, share)]);
        }
    }

    public LayerShared Shared(int layer)
    {
        lock (_gate)
        {
            if (!_shared.TryGetValue(layer, out var shared)) _shared.Add(layer, shared = new LayerShared(tensors, config, layer, packer.PackRouter(layer), packer.PackLatent(layer)));
            return shared;
        }
    }

    public PackedMatrix Head(PeShare share)
    {
        lock (_gate)
        {
            var key = (share.FirstVocab, share.VocabCount);
            if (_heads.TryGetValue(key, out var head)) return head;
            head = packer.PackHead(share);
            tensors.EnsureUnchanged();
            _heads.Add(key, head);
            return head;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var shard in _shards.Values) shard.Dispose();
            foreach (var shared in _shared.Values) shared.Dispose();
            foreach (var head in _heads.Values) head.Dispose();
            _shards.Clear();
            _shared.Clear();
            _heads.Clear();
            packer.Memory?.Dispose();
        }
    }
}
