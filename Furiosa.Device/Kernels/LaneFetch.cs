using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>Asks for cache lines that will be read.</summary>
internal static unsafe class LaneFetch<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// How far ahead a loop asks that reads its weights once. A loop takes so many instructions for each line that the processor alone looks too few
    /// lines ahead, and wide lanes pass over them faster. Measured: narrow ones on Zen 3, wide ones on Zen 5; further was slower, nearer too.
    /// </summary>
    public static int AheadBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.IsPair ? 1024 : 5120;
    }

    /// <summary>A line that this loop reads soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(byte* line)
    {
        if (Sse.IsSupported) Sse.Prefetch0(line);
    }

    /// <summary>The lines that this loop reads when it is <see cref="AheadBytes"/> further than some bytes that it reads now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(byte* now, int bytes)
    {
        for (int line = 0; line < bytes; line += 64) Soon(now + AheadBytes + line);
    }

    /// <summary>A line for whoever comes next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Later(byte* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
    }
}
