using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The packed weights of a process: each slice once, shared read-only by all replicas, freed with the model.</summary>
internal sealed class WeightCache(WeightPacker packer, DecoderTensors tensors) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Layer, int TensorParallel, PeShare Share), LayerShard> _shards = [];
    private readonly Dictionary<int, LayerNorms> _norms = [];
    private readonly Dictionary<(int First, int Count), PackedMatrix> _heads = [];

    public EmbeddingTable Embedding => packer.Embedding;

    public LayerShard Shard(int layer, int tensorParallel, PeShare share)
    {
        lock (_gate)
        {
            var key = (layer, tensorParallel, share);
            if (!_shards.TryGetValue(key, out var shard)) _shards.Add(key, shard = packer.PackLayer(layer, share, tensorParallel));
            return shard;
        }
    }

    public LayerNorms Norms(int layer)
    {
        lock (_gate)
        {
            if (!_norms.TryGetValue(layer, out var norms)) _norms.Add(layer, norms = new LayerNorms(tensors, layer));
            return norms;
        }
    }

    public PackedMatrix Head(PeShare share)
    {
        lock (_gate)
        {
            var key = (share.FirstVocab, share.VocabCount);
            if (!_heads.TryGetValue(key, out var head)) _heads.Add(key, head = packer.PackHead(share));
            return head;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var shard in _shards.Values) shard.Dispose();
            foreach (var norms in _norms.Values) norms.Dispose();
            foreach (var head in _heads.Values) head.Dispose();
            _shards.Clear();
            _norms.Clear();
            _heads.Clear();
        }
    }
}
