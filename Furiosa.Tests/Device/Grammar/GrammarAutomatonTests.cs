using Furiosa.Device.Grammar;

namespace Furiosa.Tests.Device.Grammar;

/// <summary>What one step may cost, counted and not timed.</summary>
[TestFixture]
public sealed class GrammarAutomatonTests
{
    /// <summary>A thousand callers of a rule that only passes them on, by a hundred rules to a thousand others: 10^8 readings.</summary>
    [Test]
    public void Next_CallersPassedOnManifold_CostsABoundedStepAndLeavesAWayOn()
    {
        var automaton = new GrammarAutomaton(PassedOn(callers: 1023, between: 100, last: 1000));
        var at = automaton.BeginWalk(automaton.Start);
        for (var round = 0; round < 3; round++)
        {
            foreach (var value in "bz"u8)
            {
                var next = automaton.Next(at, value);
                Assert.That(at.CostOf(automaton.ClassOfByte[value]), Is.LessThan(2 * GrammarAutomaton.MaxBegunWork));
                Assert.That(next.Items, Is.Not.Empty);
                at = next;
            }

            Assert.That(at.IsAccepting);
        }
    }

    /// <summary>A rule that is begun beyond the bound begins with all that it needs, be there many steps from it to a byte.</summary>
    [Test]
    public void Next_BytesFarBehindTheBound_IsFollowedToThem()
    {
        var automaton = new GrammarAutomaton(PassedOn(callers: 1000, between: 100, last: 1000, depth: 50));
        var at = automaton.BeginWalk(automaton.Start);
        foreach (var value in "bzbz"u8)
            at = automaton.Next(at, value);

        Assert.That(at.IsAccepting);
    }

    /// <summary>So many rules begin that looking at each of them for every byte is more than a mask may cost.</summary>
    [Test]
    public void Allowed_ManyRulesAndMostBytesRefused_LeavesAWayOn()
    {
        const int rules = 20_000;
        var accepting = new bool[3 + (2 * rules)];
        var bytes = new List<ByteEdge>();
        var calls = new List<CallEdge>();
        accepting[1] = true;
        for (var i = 0; i < rules; i++)
        {
            calls.Add(new CallEdge(0, 1 + i, 1));
            bytes.Add(new ByteEdge(3 + (2 * i), (byte)'z', (byte)'z', 4 + (2 * i)));
            accepting[4 + (2 * i)] = true;
        }

        // Read nowhere that can be reached: classes of bytes that are tried first.
        bytes.InsertRange(0, Enumerable.Range('A', 40).Select(value => new ByteEdge(2, (byte)value, (byte)value, 1)));
        var masks = new TokenMaskMaker(new VocabularyTrie([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })]));
        var state = masks.Begin(new ByteGrammar("many rules", [0, .. Enumerable.Range(0, rules).Select(i => 3 + (2 * i))], accepting, [.. bytes], [.. calls]));

        Assert.That(Enumerable.Range(0, 256).Where(masks.Allowed(state).Allows), Is.EqualTo(new[] { (int)'z' }));
        Assert.That(state.Advance('z') && state.CanEnd);
    }

    // ((x "z") | ...)*; x is one of the rules between, each of these one of the last, and each of those a byte behind some rules more.
    private static ByteGrammar PassedOn(int callers, int between, int last, int depth = 0)
    {
        var bytes = new List<ByteEdge>();
        var calls = new List<CallEdge>();
        for (var i = 0; i < callers; i++)
        {
            calls.Add(new CallEdge(0, 1, 1 + i));
            bytes.Add(new ByteEdge(1 + i, (byte)'z', (byte)'z', 0));
        }

        // Each rule has one state, all of them a last one in common.
        int x = 1 + callers, firstLast = x + 1 + between, chain = firstLast + last, end = chain + depth + 1;
        int[] starts = [0, .. Enumerable.Range(x, end - x)];
        for (var i = 0; i < between; i++) calls.Add(new CallEdge(x, RuleAt(x + 1 + i), end));
        for (var i = 0; i < between; i++) calls.AddRange(Enumerable.Range(firstLast, last).Select(to => new CallEdge(x + 1 + i, RuleAt(to), end)));
        for (var i = 0; i < last; i++) calls.Add(new CallEdge(firstLast + i, RuleAt(chain), end));
        for (var i = 0; i < depth; i++) calls.Add(new CallEdge(chain + i, RuleAt(chain + i + 1), end));
        bytes.Add(new ByteEdge(chain + depth, (byte)'b', (byte)'b', end));
        var accepting = new bool[end + 1];
        accepting[0] = accepting[end] = true;
        return new ByteGrammar($"passed on {callers} {between} {last} {depth}", starts, accepting, [.. bytes], [.. calls]);

        int RuleAt(int state) => 1 + state - x;
    }
}
