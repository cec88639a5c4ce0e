using System.Numerics;

namespace Furiosa.Device.Sampling;

/// <summary>Scans of a row that only compare and copy: the vector's width has no say in what comes out.</summary>
internal static class LogitRows
{
    /// <summary>Copies a row; NaN becomes minus infinity, plus infinity the largest float.</summary>
    public static void Clean(ReadOnlySpan<float> source, Span<float> destination)
    {
        var i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var values = new Vector<float>(source[i..]);
            Vector.ConditionalSelect(Vector.Equals(values, values), Vector.Min(values, new Vector<float>(float.MaxValue)), new Vector<float>(float.NegativeInfinity))
                .CopyTo(destination[i..]);
        }

        for (; i < source.Length; i++) destination[i] = Clean(source[i]);
    }

    public static float Clean(float logit) => float.IsNaN(logit) ? float.NegativeInfinity : MathF.Min(logit, float.MaxValue);

    /// <summary>The largest element of a row without NaN, or minus infinity.</summary>
    public static float Max(ReadOnlySpan<float> row)
    {
        var largest = new Vector<float>(float.NegativeInfinity);
        var i = 0;
        for (; i <= row.Length - Vector<float>.Count; i += Vector<float>.Count) largest = Vector.Max(largest, new Vector<float>(row[i..]));
        var max = largest[0];
        for (var lane = 1; lane < Vector<float>.Count; lane++) max = MathF.Max(max, largest[lane]);
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
        var i = 0;
        while (i <= row.Length - Vector<float>.Count && !Vector.EqualsAny(new Vector<float>(row[i..]), new Vector<float>(value))) i += Vector<float>.Count;
        while (row[i] != value) i++;
        return i;
    }
}
