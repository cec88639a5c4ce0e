using System.Text;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>Cuts ranges of code points into ranges of UTF-8 bytes, with ends shared where they are alike.</summary>
internal static class Utf8Ranges
{
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    public static void Add(GrammarGraph graph, CodePointSet set, int from, int to)
    {
        var tails = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (low, high) in set.Ranges)
        {
            foreach (var bytes in Cut(low, high))
                AddPath(graph, bytes, from, to, tails);
        }
    }

    private static void AddPath(GrammarGraph graph, (byte Low, byte High)[] bytes, int from, int to, Dictionary<string, int> tails)
    {
        var next = to;
        var tail = "";
        for (var i = bytes.Length - 1; i > 0; i--)
        {
            tail = $"{bytes[i].Low:x2}{bytes[i].High:x2}{tail}";
            if (!tails.TryGetValue(tail, out var state))
            {
                tails[tail] = state = graph.NewState();
                graph.AddBytes(state, bytes[i].Low, bytes[i].High, next);
            }

            next = state;
        }

        graph.AddBytes(from, bytes[0].Low, bytes[0].High, next);
    }

    private static IEnumerable<(byte Low, byte High)[]> Cut(int low, int high)
    {
        foreach (var last in LastOfLength)
        {
            if (low > high)
                yield break;
            if (low > last)
                continue;
            foreach (var bytes in CutSameLength(low, Math.Min(high, last)))
                yield return bytes;
            low = last + 1;
        }
    }

    // Cut where a trailing byte does not run over its whole range.
    private static IEnumerable<(byte Low, byte High)[]> CutSameLength(int low, int high)
    {
        for (var bits = 6; bits <= 18 && high > 0x7F; bits += 6)
        {
            var below = (1 << bits) - 1;
            if ((low & ~below) == (high & ~below))
                continue;
            if ((low & below) != 0)
                return CutSameLength(low, low | below).Concat(CutSameLength((low | below) + 1, high));
            if ((high & below) != below)
                return CutSameLength(low, (high & ~below) - 1).Concat(CutSameLength(high & ~below, high));
        }

        var (first, last) = (Encode(low), Encode(high));
        return [[.. first.Zip(last)]];
    }

    private static byte[] Encode(int codePoint) => Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint));
}
