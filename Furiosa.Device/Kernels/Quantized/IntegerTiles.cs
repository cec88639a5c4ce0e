using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// The inner loops of quantised products. One output is <c>sum = fma(integer sum * row scale, weight scale, sum)</c> over
/// ascending groups from zero, in every tile; the row's scale is a power of two, so that the first product is exact.
/// Of rows that are rounded to BF16 it is <see cref="Rounded.PairMath"/>'s, over ascending pairs.
/// </summary>
internal abstract unsafe class IntegerTiles
{
    /// <summary>Most rows of a tile.</summary>
    public abstract int MaxRows { get; }

    /// <summary>Computes 1 to <see cref="MaxRows"/> rows of 32 columns.</summary>
    public abstract void Run(WeightFormat format, int rows, TileArguments* tile);

    /// <summary>Computes any number of rows of 32 columns.</summary>
    /// <param name="format">How the weights are kept.</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="block">The rows and groups; which tile it is does not count.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public virtual void RunBlock(WeightFormat format, int rows, TileArguments* block)
    {
        var tile = *block;
        tile.TileCount = (rows + MaxRows - 1) / MaxRows;
        for (tile.Tile = 0; tile.Tile < tile.TileCount; tile.Tile++)
        {
            nint first = tile.Tile * rows / tile.TileCount, last = (tile.Tile + 1) * rows / tile.TileCount;
            tile.Activations = block->Activations + first * block->ActivationStride;
            tile.Sums = (float*)((byte*)block->Sums + first * block->SumStride);
            tile.Next = block->Next; // a tile may move it
            if (block->Continues == 0) SumLines.Fetch(tile.Sums, tile.SumStride, last - first);
            Run(format, (int)(last - first), &tile);
        }
    }
}
