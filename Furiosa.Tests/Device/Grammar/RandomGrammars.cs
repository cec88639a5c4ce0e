using Furiosa.Device.Grammar;

namespace Furiosa.Tests.Device.Grammar;

/// <summary>Grammars made of nothing but edges.</summary>
internal static class RandomGrammars
{
    /// <summary>Rules that call later rules anywhere and any rule after a byte; ambiguous and not always able to end.</summary>
    /// <param name="random">Decides everything.</param>
    /// <param name="ambiguity">Most byte edges of a state; above 1 nearly every text has many readings.</param>
    public static ByteGrammar Next(Random random, int ambiguity = 3)
    {
        const int Rules = 4;
        const int StatesEach = 4;
        var bytes = new List<ByteEdge>();
        var calls = new List<CallEdge>();
        var accepting = new bool[Rules * StatesEach];
        for (var rule = 0; rule < Rules; rule++)
        {
            accepting[(rule * StatesEach) + StatesEach - 1] = true;
            for (var state = rule * StatesEach; state < (rule + 1) * StatesEach; state++)
            {
                for (var edge = random.Next(1, ambiguity + 1); edge > 0; edge--)
                {
                    var (low, high) = Range(random);
                    bytes.Add(new ByteEdge(state, low, high, To(rule)));
                }

                var first = state == rule * StatesEach;
                if ((!first || rule + 1 < Rules) && random.Next(4) < ambiguity)
                    calls.Add(new CallEdge(state, random.Next(first ? rule + 1 : 0, Rules), To(rule)));
            }
        }

        return new ByteGrammar($"random {random.Next()}", [0, 4, 8, 12], accepting, [.. bytes.OrderBy(edge => edge.From)], [.. calls.OrderBy(call => call.From)]);

        int To(int rule) => (rule * StatesEach) + random.Next(1, StatesEach);
    }

    /// <summary>A quoted text of at most so many plain characters.</summary>
    public static ByteGrammar QuotedText(int maxLength)
    {
        // Rule 1 is one character: states 0 to 2 for one, two and three bytes still to come, 3 the end.
        var bytes = new List<ByteEdge>
        {
            new(0, 0x20, 0x21, 4), new(0, 0x23, 0x5B, 4), new(0, 0x5D, 0x7F, 4), new(0, 0xC2, 0xDF, 1), new(0, 0xE0, 0xE0, 5),
            new(0, 0xE1, 0xEC, 2), new(0, 0xED, 0xED, 6), new(0, 0xEE, 0xEF, 2), new(0, 0xF0, 0xF0, 7), new(0, 0xF1, 0xF3, 3),
            new(0, 0xF4, 0xF4, 8), new(1, 0x80, 0xBF, 4), new(2, 0x80, 0xBF, 1), new(3, 0x80, 0xBF, 2), new(5, 0xA0, 0xBF, 1),
            new(6, 0x80, 0x9F, 1), new(7, 0x90, 0xBF, 2), new(8, 0x80, 0x8F, 2),
        };
        var calls = new List<CallEdge>();
        const int Start = 9;
        const int End = 10;
        bytes.Add(new ByteEdge(Start, 0x22, 0x22, End + 1));
        for (var i = 0; i <= maxLength; i++)
        {
            bytes.Add(new ByteEdge(End + 1 + i, 0x22, 0x22, End));
            if (i < maxLength)
                calls.Add(new CallEdge(End + 1 + i, 1, End + 2 + i));
        }

        var accepting = new bool[End + 2 + maxLength];
        accepting[4] = accepting[End] = true;
        return new ByteGrammar($"quoted {maxLength}", [Start, 0], accepting, bytes.ToArray(), calls.ToArray());
    }

    private static (byte Low, byte High) Range(Random random) => random.Next(6) switch
    {
        0 => ((byte)'a', (byte)'a'),
        1 => ((byte)'a', (byte)'b'),
        2 => ((byte)' ', (byte)'!'),
        3 => (0x20, 0xFF),
        4 => (0x80, 0xFF),
        _ => ((byte)'"', (byte)'\\'),
    };
}
