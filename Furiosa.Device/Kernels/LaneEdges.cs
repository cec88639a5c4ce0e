using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// How a loop reads and writes vectors at the edge of rows. A loop with a branch to <see cref="LaneTail{TLanes}"/> would keep its sums in memory, because
/// no vector register survives a call; so the loop over whole vectors is compiled without it.
/// </summary>
internal unsafe interface ILaneEdge<TLanes> where TLanes : struct, ILanes<TLanes>
{
    static abstract TLanes Load(float* source, int count);

    static abstract void Store(float* destination, TLanes value, int count);
}

/// <summary>Sixteen floats, whatever the count.</summary>
internal readonly unsafe struct WholeEdge<TLanes> : ILaneEdge<TLanes> where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(float* source, int count) => TLanes.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, TLanes value, int count) => TLanes.Store(destination, value);
}

/// <summary>As many as there are; the other lanes are zero.</summary>
internal readonly unsafe struct PartEdge<TLanes> : ILaneEdge<TLanes> where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(float* source, int count) => LaneTail<TLanes>.Load(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, TLanes value, int count) => LaneTail<TLanes>.Store(destination, value, count);
}
