using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>One PE's packed weights of one layer.</summary>
/// <param name="Qkv">Its query heads, then keys and then values of the KV heads it owns; with latent attention its query heads alone; for a
/// convolution the three parts of its heads' channels; for states what <see cref="RecurrentShare.Columns"/> lists. Null for a layer without any of these.</param>
/// <param name="KeyValues">With latent attention, of each KV head it owns the part of the key that is not rotated, and the value; null for others.</param>
/// <param name="Output">The output of attention or what stands in its place: its heads' inputs, in chunks; null likewise.</param>
/// <param name="Mlp">Its part of a dense feed-forward block; null where the layer has experts, or none.</param>
/// <param name="Experts">Its part of each expert, the shared one last; empty for a dense layer.</param>
internal sealed record LayerShard(PackedMatrix? Qkv, PackedMatrix? KeyValues, PackedMatrix? Output, FfnShard? Mlp, FfnShard[] Experts) : IDisposable
{
    public long Bytes => Matrices.Sum(matrix => matrix.Bytes);

    /// <summary>The dense block or the experts.</summary>
    public IEnumerable<FfnShard> Ffns => Mlp is null ? Experts : [Mlp];

    public IEnumerable<PackedMatrix> Matrices => [.. new[] { Qkv, KeyValues, Output }.OfType<PackedMatrix>(), .. Ffns.SelectMany(ffn => ffn.Matrices)];

    public void Dispose()
    {
        foreach (var matrix in Matrices) matrix.Dispose();
    }
}

/// <summary>One PE's part of a feed-forward block.</summary>
/// <param name="Gate">Its part of the feed-forward width; null for a block without a gate.</param>
/// <param name="Up">The same part.</param>
/// <param name="Down">The output: its part's inputs, in chunks.</param>
internal sealed record FfnShard(PackedMatrix? Gate, PackedMatrix Up, PackedMatrix Down)
{
    public IEnumerable<PackedMatrix> Matrices => Gate is null ? [Up, Down] : [Gate, Up, Down];

    /// <summary>Makes sure that the inputs of the output can be quantised panel by panel: chunks are cut at multiples of <see cref="ChunkPartition.UnitWidth"/>.</summary>
    public void RequirePanels()
    {
        if (Down.Layout is { IsEven: false }) throw new InvalidOperationException("A feed-forward block is cut within a panel.");
    }
}
