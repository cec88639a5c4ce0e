using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>What is done to one row at a time between the linear products.</summary>
internal static unsafe class RowKernels<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// <c>y = weight * (x / sqrt(mean(x²) + epsilon))</c>. Lane i sums the squares of elements i, i + 16, ...; then the fixed tree.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* weight, float* y, int width, float epsilon)
    {
        var squares = TLanes.Zero;
        for (int i = 0; i < width; i += 16)
        {
            var value = LaneTail<TLanes>.Load(x + i, width - i);
            squares = TLanes.Fma(value, value, squares);
        }

        var scale = TLanes.Broadcast(1f / MathF.Sqrt(TLanes.Sum(squares) / width + epsilon));
        for (int i = 0; i < width; i += 16)
        {
            int rest = width - i;
            var normed = LaneTail<TLanes>.Load(x + i, rest) * scale;
            LaneTail<TLanes>.Store(y + i, LaneTail<TLanes>.Load(weight + i, rest) * normed, rest);
        }
    }

    /// <summary>Rotates pairs (i, i + pairs) of one head in place: Hugging Face's rotate_half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* head, float* cosines, float* sines, int pairs)
    {
        for (int i = 0; i < pairs; i += 16)
        {
            int rest = pairs - i;
            var cosine = LaneTail<TLanes>.Load(cosines + i, rest);
            var sine = LaneTail<TLanes>.Load(sines + i, rest);
            var first = LaneTail<TLanes>.Load(head + i, rest);
            var second = LaneTail<TLanes>.Load(head + pairs + i, rest);
            LaneTail<TLanes>.Store(head + i, first * cosine - second * sine, rest);
            LaneTail<TLanes>.Store(head + pairs + i, second * cosine + first * sine, rest);
        }
    }

    /// <summary><c>x = (tree of the partial sums + bias) + x</c>; 1, 2, 4 or 8 partials, added as the upper part of the chunk tree.</summary>
    /// <param name="partials">One row of each PE's partial sums.</param>
    /// <param name="count">How many partials.</param>
    /// <param name="bias">Null for none.</param>
    /// <param name="x">The residual stream's row, updated.</param>
    /// <param name="width">Elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddResidual(float** partials, int count, float* bias, float* x, int width)
    {
        for (int i = 0; i < width; i += 16)
        {
            int rest = width - i;
            var sum = Tree(partials, count, i, rest);
            if (bias is not null) sum += LaneTail<TLanes>.Load(bias + i, rest);
            LaneTail<TLanes>.Store(x + i, sum + LaneTail<TLanes>.Load(x + i, rest), rest);
        }
    }

    /// <summary><c>gate = silu(gate) * up</c>, whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GatedSilu(float* gate, float* up, int count)
    {
        for (int i = 0; i < count; i += 16) TLanes.Store(gate + i, LaneMath.Silu(TLanes.Load(gate + i)) * TLanes.Load(up + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes Tree(float** partials, int count, int offset, int rest)
    {
        if (count == 1) return LaneTail<TLanes>.Load(partials[0] + offset, rest);
        int half = count / 2;
        return Tree(partials, half, offset, rest) + Tree(partials + half, half, offset, rest);
    }
}
