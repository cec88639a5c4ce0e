using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Sums over the experts of a row, for the 32 columns of a panel.</summary>
internal static unsafe class ExpertKernels<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary><c>target = target + sums * weight</c>, the product rounded before the sum; 32 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddWeighted(float* target, float* sums, float weight)
    {
        var factor = TLanes.Broadcast(weight);
        TLanes.Store(target, TLanes.Load(target) + TLanes.Load(sums) * factor);
        TLanes.Store(target + 16, TLanes.Load(target + 16) + TLanes.Load(sums + 16) * factor);
    }

    /// <summary>Adds the chunks' sums as the rule's binary tree; 32 columns.</summary>
    /// <param name="chunks">The first chunk's sums.</param>
    /// <param name="count">Chunks: 1, 2, 4 or 8.</param>
    /// <param name="stride">Floats from one chunk's sums to the next.</param>
    /// <param name="y">Takes the sum.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tree(float* chunks, int count, nint stride, float* y)
    {
        TLanes.Store(y, Half(chunks, count, stride));
        TLanes.Store(y + 16, Half(chunks + 16, count, stride));
    }

    private static TLanes Half(float* chunks, int count, nint stride) => count == 1
        ? TLanes.Load(chunks)
        : Half(chunks, count / 2, stride) + Half(chunks + count / 2 * stride, count / 2, stride);
}
