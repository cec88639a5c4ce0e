namespace Furiosa.Actors.Cluster;

/// <summary>Orders names as people do: runs of digits by their number, so that node 9 comes before node 10.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (left, right) = (x ?? "", y ?? "");
        var (i, j) = (0, 0);
        while (i < left.Length && j < right.Length)
        {
            var (first, second) = (Run(left, i), Run(right, j));
            var isNumber = char.IsAsciiDigit(left[i]) && char.IsAsciiDigit(right[j]);
            var order = isNumber ? CompareNumbers(left.AsSpan(i, first), right.AsSpan(j, second)) : string.CompareOrdinal(left, i, right, j, Math.Max(first, second));
            if (order != 0) return order;
            (i, j) = (i + first, j + second);
        }
        var rest = (left.Length - i).CompareTo(right.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(left, right);
    }

    /// <summary>Length of the run of digits, or of other characters, from an index on.</summary>
    private static int Run(string text, int start)
    {
        var end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end]) == char.IsAsciiDigit(text[start])) end++;
        return end - start;
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        var byLength = left.Length.CompareTo(right.Length);
        return byLength != 0 ? byLength : left.SequenceCompareTo(right);
    }
}
