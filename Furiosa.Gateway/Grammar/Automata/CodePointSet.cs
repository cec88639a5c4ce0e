namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>A set of Unicode scalar values as ascending ranges that do not touch. Surrogates are never in it.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;

    // Few of all characters have another case: a wide set is not searched for them one by one.
    private static readonly Lazy<int[]> CasedLetters = new(() =>
        [.. Enumerable.Range(0, 0x10000).Where(value => char.ToUpperInvariant((char)value) != value || char.ToLowerInvariant((char)value) != value)]);

    private readonly (int Low, int High)[] _ranges;

    private CodePointSet(IEnumerable<(int Low, int High)> ranges) => _ranges = [.. ranges];

    public static CodePointSet All { get; } = Of((0, Last));

    public IReadOnlyList<(int Low, int High)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    public static CodePointSet Of(params IEnumerable<(int Low, int High)> ranges)
    {
        var merged = new List<(int Low, int High)>();
        foreach (var (low, high) in ranges.SelectMany(WithoutSurrogates).OrderBy(range => range.Low))
        {
            if (merged.Count > 0 && low <= merged[^1].High + 1)
                merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, high));
            else
                merged.Add((low, high));
        }

        return new CodePointSet(merged);
    }

    public static CodePointSet Of(int codePoint) => Of((codePoint, codePoint));

    public bool Contains(int codePoint) => _ranges.Any(range => codePoint >= range.Low && codePoint <= range.High);

    public CodePointSet Union(CodePointSet other) => Of(_ranges.Concat(other._ranges));

    public CodePointSet Complement()
    {
        var gaps = new List<(int, int)>();
        var next = 0;
        foreach (var (low, high) in _ranges)
        {
            if (low > next)
                gaps.Add((next, low - 1));
            next = high + 1;
        }

        if (next <= Last)
            gaps.Add((next, Last));
        return Of(gaps);
    }

    public CodePointSet Intersect(CodePointSet other) => Complement().Union(other.Complement()).Complement();

    public CodePointSet Except(CodePointSet other) => Intersect(other.Complement());

    /// <summary>With the other case of each ASCII letter, and of other letters that have one.</summary>
    /// <param name="budget">Counts what is looked at; null where the set is small.</param>
    public CodePointSet IgnoringCase(GrammarBudget? budget = null)
    {
        var more = new List<(int, int)>(_ranges);
        foreach (var (low, high) in _ranges)
        {
            var first = Array.BinarySearch(CasedLetters.Value, low);
            first = first < 0 ? ~first : first;
            var i = first;
            for (; i < CasedLetters.Value.Length && CasedLetters.Value[i] <= high; i++)
            {
                var letter = (char)CasedLetters.Value[i];
                foreach (var other in (ReadOnlySpan<char>)[char.ToUpperInvariant(letter), char.ToLowerInvariant(letter)])
                {
                    if (other < low || other > high)
                        more.Add((other, other));
                }
            }

            budget?.Spend(1 + ((i - first) / 16));
        }

        return Of(more);
    }

    private static IEnumerable<(int Low, int High)> WithoutSurrogates((int Low, int High) range)
    {
        if (range.Low < 0xD800)
            yield return (range.Low, Math.Min(range.High, 0xD7FF));
        if (range.High > 0xDFFF)
            yield return (Math.Max(range.Low, 0xE000), range.High);
    }
}
