using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>What is done to one row at a time between the linear products: norms, rotation, sums.</summary>
internal static unsafe class RowKernels<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// <c>y = weight * (x / sqrt(mean(x²) + epsilon))</c>. Lane i sums the squares of elements i, i + 16, ...; then the fixed tree.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* weight, float* y, int width, float epsilon) =>
        Scale(x, weight, y, width, 1f / MathF.Sqrt(SquareSum(x, width) / width + epsilon));

    /// <summary>The sum of squares as <see cref="RmsNorm"/> makes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SquareSum(float* x, int width)
    {
        var squares = TLanes.Zero;
        for (int i = 0; i < width; i += 16)
        {
            var value = LaneTail<TLanes>.Load(x + i, width - i);
            squares = TLanes.Fma(value, value, squares);
        }

        return TLanes.Sum(squares);
    }

    /// <summary><c>y = weight * (x * factor)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* x, float* weight, float* y, int width, float factor)
    {
        var scale = TLanes.Broadcast(factor);
        for (int i = 0; i < width; i += 16)
        {
            int rest = width - i;
            var normed = LaneTail<TLanes>.Load(x + i, rest) * scale;
            LaneTail<TLanes>.Store(y + i, LaneTail<TLanes>.Load(weight + i, rest) * normed, rest);
        }
    }

    /// <summary>
    /// <c>y = weight * ((x - mean) / sqrt(variance + epsilon)) + bias</c>; the mean first, then the squares of the differences, each
    /// summed by lanes and the fixed tree.
    /// </summary>
    /// <param name="x">The row.</param>
    /// <param name="weight">One for each element.</param>
    /// <param name="bias">One for each element; null for none.</param>
    /// <param name="y">Takes the result; may be <paramref name="x"/>.</param>
    /// <param name="width">Elements.</param>
    /// <param name="epsilon">Added to the variance.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LayerNorm(float* x, float* weight, float* bias, float* y, int width, float epsilon)
    {
        var sum = TLanes.Zero;
        for (int i = 0; i < width; i += 16) sum += LaneTail<TLanes>.Load(x + i, width - i);
        var mean = TLanes.Broadcast(TLanes.Sum(sum) / width);
        var squares = TLanes.Zero;
        for (int i = 0; i < width; i += 16)
        {
            var difference = LaneTail<TLanes>.Load(x + i, width - i) - mean;
            if (width - i < 16) difference = TLanes.KeepRange(difference, 0, width - i, 0);
            squares = TLanes.Fma(difference, difference, squares);
        }

        var scale = TLanes.Broadcast(1f / MathF.Sqrt(TLanes.Sum(squares) / width + epsilon));
        for (int i = 0; i < width; i += 16)
        {
            int rest = width - i;
            var normed = LaneTail<TLanes>.Load(weight + i, rest) * ((LaneTail<TLanes>.Load(x + i, rest) - mean) * scale);
            if (bias is not null) normed += LaneTail<TLanes>.Load(bias + i, rest);
            LaneTail<TLanes>.Store(y + i, normed, rest);
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

    /// <summary><c>y = tree of the partial sums + bias</c>: <see cref="AddResidual"/> where something is done before the residual is added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float** partials, int count, float* bias, float* y, int width)
    {
        for (int i = 0; i < width; i += 16)
        {
            int rest = width - i;
            var sum = Tree(partials, count, i, rest);
            if (bias is not null) sum += LaneTail<TLanes>.Load(bias + i, rest);
            LaneTail<TLanes>.Store(y + i, sum, rest);
        }
    }

    /// <summary><c>x = x + y * factor</c>, the product rounded before the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* x, float* y, float factor, int width)
    {
        var scale = TLanes.Broadcast(factor);
        for (int i = 0; i < width; i += 16)
        {
            int rest = width - i;
            LaneTail<TLanes>.Store(x + i, LaneTail<TLanes>.Load(x + i, rest) + LaneTail<TLanes>.Load(y + i, rest) * scale, rest);
        }
    }

    /// <summary><c>x = x + y</c> for some rows of whole vectors.</summary>
    /// <param name="x">The first row that is added to.</param>
    /// <param name="xStride">Floats from one to the next.</param>
    /// <param name="y">The first row that is added.</param>
    /// <param name="yStride">Floats from one to the next.</param>
    /// <param name="width">Elements of a row, a multiple of sixteen.</param>
    /// <param name="rows">Rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddRows(float* x, nint xStride, float* y, nint yStride, int width, int rows)
    {
        for (; rows > 0; rows--, x += xStride, y += yStride)
        {
            for (nint i = 0; i < width; i += 16) TLanes.Store(x + i, TLanes.Load(x + i) + TLanes.Load(y + i));
        }
    }

    /// <summary><c>x = x * factor</c>, then <c>cap * tanh(x / cap)</c> where the cap is above zero; whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap(float* x, int count, float factor, float cap)
    {
        TLanes scale = TLanes.Broadcast(factor), limit = TLanes.Broadcast(cap);
        for (int i = 0; i < count; i += 16)
        {
            var value = TLanes.Load(x + i) * scale;
            if (cap > 0) value = limit * LaneMath.Tanh(value / limit);
            TLanes.Store(x + i, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes Tree(float** partials, int count, int offset, int rest)
    {
        if (count == 1) return LaneTail<TLanes>.Load(partials[0] + offset, rest);
        int half = count / 2;
        return Tree(partials, half, offset, rest) + Tree(partials + half, half, offset, rest);
    }
}
