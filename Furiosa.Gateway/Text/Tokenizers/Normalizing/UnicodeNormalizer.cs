using System.Text;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>The four Unicode normalization forms (Unicode Standard Annex 15).</summary>
/// <param name="compatible">Whether compatibility decompositions are used too (NFKD, NFKC).</param>
/// <param name="compose">Whether the result is composed again (NFC, NFKC).</param>
internal sealed class UnicodeNormalizer(bool compatible, bool compose) : Normalizer
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());

    /// <inheritdoc/>
    public override string Normalize(string original)
    {
        // Below these characters every form leaves text as it is.
        var first = original.AsSpan().IndexOfAnyExceptInRange('\0', compose && !compatible ? '\u02FF' : '\u007F');
        if (first < 0)
            return original;
        var codes = Decompose(original);
        Reorder(codes);
        if (compose)
            Compose(codes);
        var result = new StringBuilder(original.Length);
        foreach (var code in codes)
            result.Append(new Rune(code).ToString());
        return result.ToString();
    }

    private static void Reorder(List<int> codes)
    {
        var tables = UnicodeTables.Instance;
        for (var start = 0; start < codes.Count; start++)
        {
            var end = start;
            while (end < codes.Count && tables.CombiningClass(codes[end]) != 0)
                end++;
            if (end - start > 1)
            {
                // A stable sort: marks of one class keep their order.
                var sorted = codes.GetRange(start, end - start).OrderBy(tables.CombiningClass).ToList();
                for (var i = 0; i < sorted.Count; i++)
                    codes[start + i] = sorted[i];
            }

            start = Math.Max(start, end - 1);
        }
    }

    private static void Compose(List<int> codes)
    {
        var tables = UnicodeTables.Instance;
        var starter = -1;
        var lastClass = -1;
        var kept = 0;
        for (var at = 0; at < codes.Count; at++)
        {
            var code = codes[at];
            var combining = tables.CombiningClass(code);
            if (starter >= 0 && (lastClass < combining || lastClass == -1) && ComposePair(codes[starter], code) is var composed and >= 0)
            {
                codes[starter] = composed;
                continue;
            }

            lastClass = combining;
            if (combining == 0)
            {
                starter = kept;
                lastClass = -1;
            }

            codes[kept++] = code;
        }

        codes.RemoveRange(kept, codes.Count - kept);
    }

    private static int ComposePair(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
            return HangulBase + ((((first - LeadBase) * Vowels) + (second - VowelBase)) * Trails);
        if (first is >= HangulBase and < HangulBase + (Leads * Vowels * Trails) && (first - HangulBase) % Trails == 0
            && second is > TrailBase and < TrailBase + Trails)
        {
            return first + (second - TrailBase);
        }

        return UnicodeTables.Instance.Compose(first, second);
    }

    private List<int> Decompose(string text)
    {
        var codes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var index = rune.Value - HangulBase;
            if (index is >= 0 and < Leads * Vowels * Trails)
            {
                codes.Add(LeadBase + (index / (Vowels * Trails)));
                codes.Add(VowelBase + (index % (Vowels * Trails) / Trails));
                if (index % Trails != 0)
                    codes.Add(TrailBase + (index % Trails));
            }
            else if (UnicodeTables.Instance.Decompose(rune.Value, compatible) is { } parts)
            {
                codes.AddRange(parts);
            }
            else
            {
                codes.Add(rune.Value);
            }
        }

        return codes;
    }
}
