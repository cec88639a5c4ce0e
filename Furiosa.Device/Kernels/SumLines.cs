using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>The cache lines that a tile's sums go to.</summary>
internal static unsafe class SumLines
{
    /// <summary>Asks for them before the tile computes: they are far apart, and a tile that stores to them unasked waits for each.</summary>
    /// <param name="sums">A panel's columns of the first row.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    /// <param name="rows">Rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(float* sums, nint stride, nint rows)
    {
        if (!Sse.IsSupported) return;
        for (byte* line = (byte*)sums; rows > 0; rows--, line += stride)
        {
            Sse.Prefetch0(line);
            Sse.Prefetch0(line + 64);
        }
    }
}
