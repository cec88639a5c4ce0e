namespace Furiosa.Device.Grammar;

/// <summary>
/// Plain characters are those a JSON string holds as they are: UTF-8 of all of Unicode but controls below U+0020, the quotation mark
/// and the backslash. Most tokens are made of them, and in most states of most grammars either every one of them may follow, with the
/// same consequence, or none: such states are told here by trying every byte, so that most tokens need no trying at all.
/// </summary>
internal static class PlainText
{
    /// <summary>Longest run of plain characters looked for.</summary>
    public const int MaxRun = 32;

    private const int MaxPairs = 64;

    // Readings looked at for one state; beyond it the state counts as one to be tried token by token.
    private const int MaxWork = 10_000;

    // Bytes of UTF-8 by what may come: 0 is between characters, 1 to 3 that many trailing bytes, then the four narrowed second bytes.
    private static readonly (byte Low, byte High, int To)[][] States =
    [
        [
            (0x20, 0x21, 0), (0x23, 0x5B, 0), (0x5D, 0x7F, 0), (0xC2, 0xDF, 1), (0xE0, 0xE0, 4), (0xE1, 0xEC, 2), (0xED, 0xED, 5),
            (0xEE, 0xEF, 2), (0xF0, 0xF0, 6), (0xF1, 0xF3, 3), (0xF4, 0xF4, 7),
        ],
        [(0x80, 0xBF, 0)],
        [(0x80, 0xBF, 1)],
        [(0x80, 0xBF, 2)],
        [(0xA0, 0xBF, 1)],
        [(0x80, 0x9F, 1)],
        [(0x90, 0xBF, 2)],
        [(0x80, 0x8F, 2)],
    ];

    /// <summary>How many plain characters the bytes are, or -1 where they are not whole plain characters.</summary>
    public static int CountCharacters(ReadOnlySpan<byte> bytes)
    {
        var (state, count) = (0, 0);
        foreach (var value in bytes)
        {
            var next = -1;
            foreach (var (low, high, to) in States[state])
                next = value >= low && value <= high ? to : next;
            if (next < 0)
                return -1;
            state = next;
            count += next == 0 ? 1 : 0;
        }

        return state == 0 && count > 0 ? count : -1;
    }

    /// <summary>How many plain characters may follow whichever they are, up to <see cref="MaxRun"/>, and whether none may follow those.</summary>
    public static (int Run, bool RefusedAfter) Measure(GrammarAutomaton automaton, Configuration from)
    {
        var run = 0;
        for (var now = from; ; run++)
        {
            Learn(automaton, now);
            if (now.AfterPlain is not { } next)
                return (run, now.RefusesPlain);
            if (run == MaxRun || ReferenceEquals(next, now))
                return (MaxRun, false);
            now = next;
        }
    }

    private static void Learn(GrammarAutomaton automaton, Configuration from)
    {
        if (from.IsPlainKnown)
            return;
        var after = CommonSuccessor(automaton, from, out var anyBegins);
        from.AfterPlain = after;
        from.RefusesPlain = !anyBegins;
        from.IsPlainKnown = true;
    }

    private static Configuration? CommonSuccessor(GrammarAutomaton automaton, Configuration from, out bool anyBegins)
    {
        anyBegins = false;
        Configuration? common = null;
        var allSame = true;
        var work = 0;
        var seen = new HashSet<(int, Configuration)> { (0, from) };
        var open = new Queue<(int State, Configuration At)>(seen);
        while (open.TryDequeue(out var pair))
        {
            foreach (var (low, high, to) in States[pair.State])
            {
                for (int value = low, seenClass = -1; value <= high; value++)
                {
                    var byteClass = automaton.ClassOfByte[value];
                    if (byteClass == seenClass)
                        continue;
                    seenClass = byteClass;
                    var next = automaton.NextOfClass(pair.At, byteClass);
                    var dead = ReferenceEquals(next, Configuration.Dead);
                    anyBegins |= !dead;
                    work += pair.At.CostOf(byteClass);
                    if (dead || (to == 0 && !ReferenceEquals(common ??= next, next)) || seen.Count > MaxPairs || work > MaxWork)
                        allSame = false;
                    else if (to != 0 && seen.Add((to, next)))
                        open.Enqueue((to, next));
                    if (!allSame && anyBegins)
                        return null;
                }
            }
        }

        return allSame ? common : null;
    }
}
