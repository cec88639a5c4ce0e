using System.Text;
using Furiosa.Device.Grammar;

namespace Furiosa.Tests.Device.Grammar;

/// <summary>The masks against trying every token alone.</summary>
[TestFixture]
public sealed class TokenMaskMakerTests
{
    private const int Steps = 20;

    [Test]
    public void Allowed_RandomGrammarsAndVocabularies_EqualsTryingEachToken([Range(1, 30)] int seed) => Check(seed, ambiguity: 1, exact: true);

    /// <summary>What is too ambiguous to be followed within bounds may be narrowed, never widened.</summary>
    [Test]
    public void Allowed_VeryAmbiguousGrammars_AllowsNothingElse([Range(1, 10)] int seed) => Check(seed, ambiguity: 3, exact: false);

    private static void Check(int seed, int ambiguity, bool exact)
    {
        var random = new Random(seed);
        var vocabulary = RandomVocabulary(random, random.Next(2) == 0 ? "ab\"" : "ab\"\\\n é😀");
        var masks = new TokenMaskMaker(new VocabularyTrie(vocabulary));
        var grammar = RandomGrammars.Next(random, ambiguity);
        var state = masks.Begin(grammar);
        var taken = new List<int>();

        for (var step = 0; step < Steps && !state.IsDead; step++)
        {
            var mask = masks.Allowed(state);
            var expected = Enumerable.Range(0, vocabulary.Length).Select(id => Allows(masks, grammar, taken, id)).ToArray();
            Assert.That(Enumerable.Range(0, vocabulary.Length).Select(id => mask.Allows(id) ? expected[id] : !exact || !expected[id]), Is.All.True);
            var allowed = Enumerable.Range(0, vocabulary.Length).Where(mask.Allows).ToList();
            if (allowed.Count == 0)
                return;
            taken.Add(allowed[random.Next(allowed.Count)]);
            Assert.That(state.Advance(taken[^1]));
        }
    }

    /// <summary>A trie folded by a grammar's classes of bytes allows the same tokens at the same counted work; some of its nodes hold thousands.</summary>
    [Test]
    public void Walk_FoldedTrie_EqualsTheTrieOfBytes([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        var letters = Enumerable.Range(0, 6000).Select(_ => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, random.Next(2, 5)).Select(_ => (char)random.Next('c', '{')))));
        byte[][] vocabulary = [.. RandomVocabulary(random, "abcdef \"é"), .. letters];
        var bytes = TriePart.Of(Enumerable.Range(0, vocabulary.Length).Where(id => vocabulary[id].Length > 0), new VocabularyBytes(vocabulary));
        var automaton = new GrammarAutomaton(RandomGrammars.Next(random, ambiguity: 2));
        var folded = TrieFold.ByClass(bytes, automaton.ClassOfByte)!;
        Assert.That(folded.NodeCount, Is.LessThan(bytes.NodeCount / 4));

        var at = automaton.Start;
        for (var walk = 0; walk < 40 && !ReferenceEquals(at, Configuration.Dead); walk += 2)
        {
            var (one, other) = (Walk(bytes, walk), Walk(folded, walk + 1));
            Assert.That(other.Work, Is.EqualTo(one.Work));
            Assert.That(other.Mask.Words.SequenceEqual(one.Mask.Words));
            var allowed = Enumerable.Range(0, vocabulary.Length).Where(one.Mask.Allows).ToList();
            if (allowed.Count == 0) return;
            foreach (var value in vocabulary[allowed[random.Next(allowed.Count)]]) at = automaton.Next(at, value);
        }

        (TokenMask Mask, long Work) Walk(TriePart part, long number)
        {
            var mask = new TokenMask(vocabulary.Length);
            var work = 1_000_000L;
            part.Walk(automaton, at, new Configuration[part.Depth + 1], mask, number + 1, ref work);
            return (mask, work);
        }
    }

    /// <summary>What a walk allows, and the work that is counted for it, depends on the state and not on when the machine was forgotten.</summary>
    [Test]
    public void Walk_MachineThatIsForgottenOften_CountsAndAllowsTheSame([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        byte[][] vocabulary = [.. RandomVocabulary(random, "ab\"\\é"), .. RandomVocabulary(random, "ab")];
        var bytes = TriePart.Of(Enumerable.Range(0, vocabulary.Length).Where(id => vocabulary[id].Length > 0), new VocabularyBytes(vocabulary));
        var grammar = RandomGrammars.Next(random, ambiguity: 3);
        GrammarAutomaton kept = new(grammar), forgotten = new(grammar, mostKept: 200);
        Configuration one = kept.Start, other = forgotten.Start;
        for (var walk = 1; walk <= 20; walk++)
        {
            var (expected, actual) = (Walk(kept, ref one, walk), Walk(forgotten, ref other, walk));
            Assert.That((actual.Work, actual.Plain), Is.EqualTo((expected.Work, expected.Plain)));
            Assert.That(actual.Mask.Words.SequenceEqual(expected.Mask.Words));
            var allowed = Enumerable.Range(0, vocabulary.Length).Where(expected.Mask.Allows).ToList();
            if (allowed.Count == 0) return;
            var next = vocabulary[allowed[random.Next(allowed.Count)]];
            foreach (var value in next) (one, other) = (kept.Next(kept.BeginWalk(one), value), forgotten.Next(forgotten.BeginWalk(other), value));
            forgotten.EndWalk();
            Assert.That(other.Hash, Is.EqualTo(one.Hash));
        }

        (TokenMask Mask, long Work, (int, bool) Plain) Walk(GrammarAutomaton automaton, ref Configuration at, long number)
        {
            var mask = new TokenMask(vocabulary.Length);
            var work = 1_000_000L;
            at = automaton.BeginWalk(at);
            var plain = PlainText.Measure(automaton, at);
            bytes.Walk(automaton, at, new Configuration[bytes.Depth + 1], mask, number, ref work);
            automaton.EndWalk();
            return (mask, work, plain);
        }
    }

    /// <summary>A machine that is forgotten leaves nothing behind that hangs on its start.</summary>
    [Test]
    public void EndWalk_MachineThatHasGrownTooLarge_ForgetsItEveryTime()
    {
        var automaton = new GrammarAutomaton(RandomGrammars.QuotedText(50), mostKept: 200);
        for (var time = 0; time < 3; time++)
        {
            var at = automaton.BeginWalk(automaton.Start);
            foreach (var value in "\"abcdefghi"u8) at = automaton.Next(at, value);
            Assert.That(automaton.Start.NextOf(automaton.ClassOfByte['"']), Is.Not.Null);
            automaton.EndWalk();
            Assert.That(automaton.Start.NextOf(automaton.ClassOfByte['"']), Is.Null);
        }
    }

    [Test]
    public void Allowed_AnyTextButQuotes_TakesPlainTokensOfFittingLength()
    {
        string[] tokens = ["a", "bc", "def", "ghij", "é", "😀x", "a\"", "\"", "\n", ""];
        var masks = new TokenMaskMaker(new VocabularyTrie([.. tokens.Select(Encoding.UTF8.GetBytes)]));
        var state = masks.Begin(RandomGrammars.QuotedText(3));
        state.Advance(7);

        var allowed = tokens.Where((_, id) => masks.Allowed(state).Allows(id));

        Assert.That(allowed, Is.EqualTo(new[] { "a", "bc", "def", "é", "😀x", "a\"", "\"" }));
    }

    [Test]
    public void Begin_SameKey_SharesMasks()
    {
        var masks = new TokenMaskMaker(new VocabularyTrie([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })]));

        var one = masks.Allowed(masks.Begin(RandomGrammars.QuotedText(3)));
        var other = masks.Allowed(masks.Begin(RandomGrammars.QuotedText(3)));

        Assert.That(other, Is.SameAs(one));
    }

    [Test]
    public void Advance_ForbiddenToken_IsDeadForGood()
    {
        var masks = new TokenMaskMaker(new VocabularyTrie([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })]));
        var state = masks.Begin(RandomGrammars.QuotedText(3));

        Assert.That(state.Advance('x'), Is.False);
        Assert.That(state.Advance('"'), Is.False);
        Assert.That(masks.Allowed(state).AllowedCount, Is.Zero);
        Assert.That(state.CanEnd, Is.False);
        Assert.That(state.Rebuild(['"', 'x', '"']));
        Assert.That(state.CanEnd);
    }

    [Test]
    public void Advance_TokenWithoutBytes_IsDead()
    {
        var masks = new TokenMaskMaker(new VocabularyTrie([[], "a"u8.ToArray()]));

        Assert.That(masks.Begin(RandomGrammars.QuotedText(3)).Advance(0), Is.False);
        Assert.That(masks.Begin(RandomGrammars.QuotedText(3)).Advance(7), Is.False);
    }

    [Test]
    public void Allowed_MoreStatesThanAreKept_StaysRight()
    {
        var vocabulary = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToArray();
        var masks = new TokenMaskMaker(new VocabularyTrie(vocabulary));
        var grammar = RandomGrammars.QuotedText(60_000);
        var state = masks.Begin(grammar);
        state.Advance('"');
        for (var i = 0; i < 60_000; i++)
            Assert.That(state.Advance('a'));

        Assert.That(Enumerable.Range(0, 256).Where(masks.Allowed(state).Allows), Is.EqualTo(new[] { (int)'"' }));
    }

    private static bool Allows(TokenMaskMaker masks, ByteGrammar grammar, List<int> taken, int id)
    {
        var state = masks.Begin(grammar);
        state.Rebuild([.. taken]);
        return state.Advance(id);
    }

    private static byte[][] RandomVocabulary(Random random, string alphabet)
    {
        var runes = alphabet.EnumerateRunes().Select(rune => rune.ToString()).ToArray();
        var tokens = Enumerable.Range(0, 80).Select(_ => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => runes[random.Next(runes.Length)]))));

        // Parts of characters too, bytes twice, and tokens without bytes.
        var parts = tokens.Take(20).Select(token => token[random.Next(token.Length)..]).ToList();
        return [.. tokens, .. parts, .. runes.Select(Encoding.UTF8.GetBytes), .. Encoding.UTF8.GetBytes(alphabet).Select(value => new[] { value }), []];
    }
}
