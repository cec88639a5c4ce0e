using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>Asks for cache lines that will be read.</summary>
internal static unsafe class LaneFetch<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>How far ahead a loop asks that reads its weights once: further was slower, nearer too.</summary>
    public const int AheadBytes = 1024;

    /// <summary>
    /// A line that this loop reads soon. With narrow lanes a loop takes so many instructions for each line that the processor alone looks too few lines
    /// ahead; with wide ones nothing is asked for.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(byte* line)
    {
        if (TLanes.IsPair && Sse.IsSupported) Sse.Prefetch0(line);
    }

    /// <summary>A line for whoever comes next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Later(byte* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
    }
}
