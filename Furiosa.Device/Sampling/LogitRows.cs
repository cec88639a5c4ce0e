using System.Numerics;
using System.Runtime.InteropServices;

namespace Furiosa.Device.Sampling;

/// <summary>Scans of a row that only compare and copy: the vector's width has no say in what comes out.</summary>
internal static class LogitRows
{
    /// <summary>Copies a row; NaN becomes minus infinity, plus infinity the largest float.</summary>
    public static void Clean(ReadOnlySpan<float> source, Span<float> destination)
    {
        ref float from = ref MemoryMarshal.GetReference(source), to = ref MemoryMarshal.GetReference(destination[..source.Length]);
        var i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var values = Vector.LoadUnsafe(ref from, (nuint)i);
            Vector.ConditionalSelect(Vector.Equals(values, values), Vector.MinNative(values, new Vector<float>(float.MaxValue)), new Vector<float>(float.NegativeInfinity))
                .StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++) destination[i] = Clean(source[i]);
    }

    public static float Clean(float logit) => float.IsNaN(logit) ? float.NegativeInfinity : MathF.Min(logit, float.MaxValue);

    /// <summary>The largest element of a row without NaN, or minus infinity.</summary>
    public static float Max(ReadOnlySpan<float> row)
    {
        // Without NaN the processor's own comparison will do; four chains, because each waits for the one before.
        ref float first = ref MemoryMarshal.GetReference(row);
        var width = Vector<float>.Count;
        Vector<float> m0 = new(float.NegativeInfinity), m1 = m0, m2 = m0, m3 = m0;
        var i = 0;
        for (; i <= row.Length - 4 * width; i += 4 * width)
        {
            m0 = Vector.MaxNative(m0, Vector.LoadUnsafe(ref first, (nuint)i));
            m1 = Vector.MaxNative(m1, Vector.LoadUnsafe(ref first, (nuint)(i + width)));
            m2 = Vector.MaxNative(m2, Vector.LoadUnsafe(ref first, (nuint)(i + 2 * width)));
            m3 = Vector.MaxNative(m3, Vector.LoadUnsafe(ref first, (nuint)(i + 3 * width)));
        }

        var largest = Vector.MaxNative(Vector.MaxNative(m0, m1), Vector.MaxNative(m2, m3));
        var max = largest[0];
        for (var lane = 1; lane < width; lane++) max = MathF.Max(max, largest[lane]);
        for (; i < row.Length; i++) max = MathF.Max(max, row[i]);
        return max;
    }

    /// <summary>How many elements are at least a value.</summary>
    public static int CountAtLeast(ReadOnlySpan<float> row, float value)
    {
        var count = 0;
        foreach (var element in row) count += element >= value ? 1 : 0;
        return count;
    }

    /// <summary>The first place of a value that the row holds.</summary>
    public static int IndexOf(ReadOnlySpan<float> row, float value)
    {
        ref float first = ref MemoryMarshal.GetReference(row);
        var sought = new Vector<float>(value);
        var i = 0;
        while (i <= row.Length - Vector<float>.Count && !Vector.EqualsAny(Vector.LoadUnsafe(ref first, (nuint)i), sought)) i += Vector<float>.Count;
        while (row[i] != value) i++;
        return i;
    }
}
