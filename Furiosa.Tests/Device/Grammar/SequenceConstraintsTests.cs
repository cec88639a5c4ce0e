using Furiosa.Device.Execution;
using Furiosa.Device.Grammar;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Grammar;

/// <summary>Beside the sampler: states are found again or rebuilt, and what may not be chosen is not.</summary>
[TestFixture]
public sealed class SequenceConstraintsTests
{
    private const int End = 256;

    private static readonly Lazy<TokenMaskMaker> Masks = new(() => new TokenMaskMaker(new VocabularyTrie([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), []])));

    private readonly ByteGrammar _grammar = RandomGrammars.QuotedText(2);

    [Test]
    public void Of_IdsThatGoOnOrDiffer_FollowsTheIds()
    {
        var constraints = new SequenceConstraints(Masks);

        Assert.That(Allowed(constraints), Is.EqualTo(new[] { (int)'"' }));
        Assert.That(Allowed(constraints, '"', 'a', 'b'), Is.EqualTo(new[] { (int)'"' }));
        Assert.That(Allowed(constraints, '"', 'a', 'b', '"'), Is.EqualTo(new[] { End }));
        Assert.That(Allowed(constraints, '"', 'x'), Does.Contain((int)'y').And.Not.Contain(End));
        Assert.That(Allowed(constraints, '"', '"'), Is.EqualTo(new[] { End }));
        Assert.That(Allowed(constraints), Is.EqualTo(new[] { (int)'"' }));
    }

    [Test]
    public void BeginStep_SequencesThatAreNotAskedForAnyMore_LetsThemGo()
    {
        var constraints = new SequenceConstraints(Masks);
        for (var sequence = 0; sequence < 100; sequence++) constraints.Of(Request(sequence), ['"']);
        for (var step = 0; step < 64; step++) constraints.BeginStep();
        Assert.That(constraints.Count, Is.EqualTo(100));

        for (var step = 0; step < 64; step++)
        {
            constraints.BeginStep();
            constraints.Of(Request(), ['"', 'a']);
        }

        Assert.That(constraints.Count, Is.EqualTo(1));
        Assert.That(Allowed(constraints, '"', 'a', 'b'), Is.EqualTo(new[] { (int)'"' }));
    }

    [Test]
    public void BeginStep_AllocatesNothing()
    {
        var constraints = new SequenceConstraints(Masks);
        for (var round = 0; round < 2; round++) // the first may allocate what the run-time needs for it
        {
            for (var sequence = 0; sequence < 100; sequence++) constraints.Of(Request(sequence), ['"']);
            for (var step = 0; step < 200 && round == 0; step++) constraints.BeginStep();
        }
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var step = 0; step < 200; step++) constraints.BeginStep();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(constraints.Count, Is.Zero);
    }

    /// <summary>A sequence that waits until it is forgotten goes on as one that never waited, to the bit.</summary>
    [Test]
    public void Of_AfterAnyPause_IsTheSame([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        var grammar = RandomGrammars.Next(random, ambiguity: 3);
        byte[][] vocabulary = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), .. Enumerable.Range(0, 200).Select(_ => Text(random))];
        Lazy<TokenMaskMaker> Maker() => new(() => new TokenMaskMaker(new VocabularyTrie(vocabulary)));
        SequenceConstraints always = new(Maker()), paused = new(Maker());
        var ids = new List<int>();
        for (var length = 0; length < 20; length++)
        {
            for (var step = random.Next(200); step > 0; step--) paused.BeginStep();
            var expected = always.Of(Request(5, grammar), [.. ids]);
            var actual = paused.Of(Request(5, grammar), [.. ids]);
            var anew = new SequenceConstraints(Maker()).Of(Request(5, grammar), [.. ids]);

            Assert.That(actual.Mask!.Words.SequenceEqual(expected.Mask!.Words) && anew.Mask!.Words.SequenceEqual(expected.Mask.Words));
            Assert.That((actual.CanEnd, anew.CanEnd), Is.EqualTo((expected.CanEnd, expected.CanEnd)));
            var allowed = Enumerable.Range(0, vocabulary.Length).Where(expected.Mask.Allows).ToList();
            if (allowed.Count == 0) return;
            ids.Add(allowed[random.Next(allowed.Count)]);
        }
    }

    /// <summary>The rows of a step ask for as many tokens more as were guessed, on several threads; then some of the guesses were wrong.</summary>
    [Test]
    public void Of_AnyBeginningsInAnyOrder_AreTheSame([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        var constraints = new SequenceConstraints(Masks);
        int[] text = ['"', .. Enumerable.Range(0, 400).Select(_ => random.Next('a', 'd'))];
        var grammar = RandomGrammars.QuotedText(300);
        for (var round = 0; round < 300; round++)
        {
            var beginning = random.Next(4) == 0 ? random.Next(text.Length) : Math.Min(round + random.Next(8), text.Length);
            int[] ids = [.. text[..beginning], .. Enumerable.Repeat((int)'"', random.Next(2)), .. Enumerable.Repeat((int)'x', random.Next(3))];

            var actual = constraints.Of(Request(5, grammar), ids);

            var anew = new SequenceConstraints(Masks).Of(Request(5, grammar), ids);
            Assert.That(actual.Mask!.Words.SequenceEqual(anew.Mask!.Words) && actual.CanEnd == anew.CanEnd, $"{ids.Length} ids in round {round}");
        }
    }

    [Test]
    public void Of_OnSeveralThreads_EachGetsItsOwn()
    {
        var constraints = new SequenceConstraints(Masks);
        var grammar = RandomGrammars.QuotedText(40);
        int[] text = ['"', .. Enumerable.Repeat((int)'a', 40), '"'];

        Parallel.For(0, 2000, i =>
        {
            var length = i % (text.Length + 1);
            var allowed = constraints.Of(Request(5, grammar), text.AsSpan(0, length));
            Assert.That((allowed.CanEnd, allowed.Allows('"'), allowed.Allows('a')), Is.EqualTo((length == 42, length is 0 or > 0 and < 42, length is > 0 and < 41)));
        });
    }

    [Test]
    public void Sample_OnlyTheEndIsLeft_EndsEvenWhereItIsBanned()
    {
        var allowed = new SequenceConstraints(Masks).Of(Request(), ['"', '"']);

        var token = new Sampler().Sample(new float[End + 1], new SamplingOptions(), 0, 0, [], [], [End], allowed);

        Assert.That(token.Id, Is.EqualTo(End));
    }

    [TestCase(new[] { int.MaxValue, End }, End)]
    [TestCase(new[] { -1 }, 0)]
    public void Sample_NothingIsLeft_IsAnIdOfTheVocabulary(int[] ends, int expected)
    {
        var request = new DrawToken(new SamplingOptions(), 0, default, default) { Constraint = new TokenConstraint(_grammar, 5, ends) };
        var allowed = new SequenceConstraints(Masks).Of(request, ['x']);

        Assert.That(new Sampler().Sample(new float[End + 1], new SamplingOptions(), 0, 0, [], [], [], allowed).Id, Is.EqualTo(expected));
    }

    [Test]
    public void Sample_BiasOnForbiddenTokens_ChoosesAnAllowedOne()
    {
        var allowed = new SequenceConstraints(Masks).Of(Request(), ['"', 'a', 'b']);
        var options = new SamplingOptions { Temperature = 2, LogitBias = new Dictionary<int, float> { ['z'] = 1000, [End] = 1000 } };

        var token = new Sampler().Sample(new float[End + 1], options, 0, 0, [], [], [], allowed);

        Assert.That(token.Id, Is.EqualTo((int)'"'));
    }

    [Test]
    public void Rank_MoreThanAreAllowed_GivesTheRestNoChance()
    {
        var allowed = new SequenceConstraints(Masks).Of(Request(), ['"', 'a', 'b']);

        var ranked = new Sampler().Rank(new float[End + 1], 4, new SamplingOptions(), [], [], [], allowed);

        Assert.That(ranked.Where(candidate => candidate.Logprob > float.NegativeInfinity).Select(candidate => candidate.Id), Is.EqualTo(new[] { (int)'"' }));
    }

    [Test]
    public void Of_WithoutVocabulary_SaysSo()
    {
        Assert.That(() => new SequenceConstraints(null).Of(Request(), []), Throws.InvalidOperationException);
    }

    private IEnumerable<int> Allowed(SequenceConstraints constraints, params int[] ids)
    {
        var allowed = constraints.Of(Request(), ids);
        return Enumerable.Range(0, End + 1).Where(allowed.Allows).ToList();
    }

    private static byte[] Text(Random random) => [.. Enumerable.Range(0, random.Next(2, 6)).Select(_ => (byte)"ab\" !\\"[random.Next(6)])];

    private DrawToken Request(long sequence = 5, ByteGrammar? grammar = null) =>
        new(new SamplingOptions(), 0, default, default) { Constraint = new TokenConstraint(grammar ?? _grammar, sequence, new[] { End }) };
}
