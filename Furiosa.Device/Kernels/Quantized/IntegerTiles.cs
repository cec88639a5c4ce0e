namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// The inner loops of quantised products. One output is <c>sum = fma(float(integer sum) * weight scale, row scale, sum)</c> over
/// ascending groups from zero, in every tile.
/// </summary>
internal abstract unsafe class IntegerTiles
{
    /// <summary>Most rows of a tile.</summary>
    public abstract int MaxRows { get; }

    /// <summary>Computes 1 to <see cref="MaxRows"/> rows of 32 columns.</summary>
    public abstract void Run(WeightFormat format, int rows, TileArguments* tile);
}
