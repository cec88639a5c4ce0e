using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>One PE's packed weights of one layer.</summary>
/// <param name="Qkv">Its query heads, then keys and then values of the KV heads it owns.</param>
/// <param name="Output">Attention output: its heads' inputs, in chunks.</param>
/// <param name="Gate">Its part of the feed-forward width.</param>
/// <param name="Up">The same part.</param>
/// <param name="Down">Feed-forward output: its part's inputs, in chunks.</param>
internal sealed record LayerShard(PackedMatrix Qkv, PackedMatrix Output, PackedMatrix Gate, PackedMatrix Up, PackedMatrix Down) : IDisposable
{
    public long Bytes => Matrices.Sum(matrix => matrix.Bytes);

    public PackedMatrix[] Matrices => [Qkv, Output, Gate, Up, Down];

    public void Dispose()
    {
        foreach (var matrix in Matrices) matrix.Dispose();
    }
}
