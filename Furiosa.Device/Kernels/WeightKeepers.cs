using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>What a tile does with weights that it has widened, beside using them.</summary>
internal unsafe interface IWeightKeeper<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Takes 32 columns of one input.</summary>
    static abstract void Keep(ref float* kept, TLanes left, TLanes right);
}

/// <summary>Nothing.</summary>
internal readonly unsafe struct KeepNothing<TLanes> : IWeightKeeper<TLanes> where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Keep(ref float* kept, TLanes left, TLanes right)
    {
    }
}

/// <summary>Writes them down as <see cref="WideReader{TLanes}"/> reads them, for tiles of other rows: those need not widen them again.</summary>
internal readonly unsafe struct KeepFloats<TLanes> : IWeightKeeper<TLanes> where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Keep(ref float* kept, TLanes left, TLanes right)
    {
        TLanes.Store(kept, left);
        TLanes.Store(kept + 16, right);
        kept += PackedMatrix.PanelColumns;
    }
}
