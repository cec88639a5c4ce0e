using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Reads and writes fewer than sixteen floats without touching what follows them.</summary>
internal static unsafe class LaneTail<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>The lanes from <paramref name="count"/> on are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(float* source, int count) => count >= 16 ? TLanes.Load(source) : LoadPart(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, TLanes value, int count)
    {
        if (count >= 16) TLanes.Store(destination, value);
        else StorePart(destination, value, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static TLanes LoadPart(float* source, int count)
    {
        float* part = stackalloc float[16];
        for (int i = 0; i < 16; i++) part[i] = i < count ? source[i] : 0;
        return TLanes.Load(part);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void StorePart(float* destination, TLanes value, int count)
    {
        float* part = stackalloc float[16];
        TLanes.Store(part, value);
        for (int i = 0; i < count; i++) destination[i] = part[i];
    }
}
