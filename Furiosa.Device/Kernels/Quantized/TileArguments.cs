using System.Runtime.InteropServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>What a tile works on, laid out as the emitted code reads it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileArguments
{
    /// <summary>Consecutive blocks of one panel.</summary>
    public byte* Weights;

    /// <summary>The first row's groups.</summary>
    public byte* Activations;

    /// <summary>Bytes from one row to the next.</summary>
    public nint ActivationStride;

    /// <summary>How many groups; at least 1.</summary>
    public nint Groups;

    /// <summary>32 columns of the first row.</summary>
    public float* Sums;

    /// <summary>Bytes from one row's sums to the next.</summary>
    public nint SumStride;

    /// <summary>Blocks that come next and are fetched into the second-level cache along the way.</summary>
    public byte* Next;

    /// <summary>1 to go on from the sums in memory, 0 to begin at zero.</summary>
    public nint Continues;

    /// <summary>Which tile of a row block this is.</summary>
    public nint Tile;

    /// <summary>Tiles of the row block, which share the fetching.</summary>
    public nint TileCount;

    /// <summary>Bytes from one fetch of a tile to the next, where it spreads its share of the fetching over its groups.</summary>
    public nint NextStep;
}
