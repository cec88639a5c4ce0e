using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Furiosa.Device.Sampling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Sampling;

public sealed class BeamSearchTests
{
    [Test]
    public void Advance_AnyToyModelAndOptions_EndsAsTheSlowTwinDoes() => Properties.ForAll(Cases(), test =>
    {
        var expected = SlowBeamSearch.Run(ids => ToyLogprobs(test.Seed, ids, test.Vocabulary, test.Sharpness), test.Options);

        var actual = Run(test);

        Assert.That(actual.Select(each => Ids(each)), Is.EqualTo(expected.Select(each => string.Join(" ", each.Ids))));
        for (var i = 0; i < expected.Count; i++) Assert.That(actual[i].Score, Is.EqualTo(expected[i].Score).Within(1e-9));
    }, 400);

    [Test]
    public void Advance_ResumedFromItsState_GoesOnAlike()
    {
        var test = new Case(5, 40, 3f, new BeamSearchOptions { Width = 3, MaxNewTokens = 9, EndTokenIds = [1, 2] });

        var actual = Run(test, state => state with { });

        Assert.That(actual.Select(Ids), Is.EqualTo(Run(test).Select(Ids)));
    }

    [Test]
    public void Advance_EqualCandidates_GoToTheEarlierBeamAndTheLowerId()
    {
        var search = new BeamSearch(new BeamSearchOptions { Width = 2, MaxNewTokens = 5 });

        Assert.That(search.Advance([[new(7, -1), new(3, -1), new(5, -1), new(9, -2)]]).Beams, Is.EqualTo(new BeamChoice[] { new(0, 3), new(0, 5) }));
        TokenLogprob[] same = [new(4, -1), new(6, -1)];
        Assert.That(search.Advance([same, same]).Beams, Is.EqualTo(new BeamChoice[] { new(0, 4), new(0, 6) }));
    }

    // Width 1, sums -1 (ended, length 1) and -1.2 (running): at the present length the running one scores worse, so the heuristic ends;
    // at length 10 it could still reach -0.12, so "never" goes on.
    [TestCase(BeamEarlyStopping.Heuristic, true)]
    [TestCase(BeamEarlyStopping.AtWidth, true)]
    [TestCase(BeamEarlyStopping.Never, false)]
    public void Advance_OneFinishedBeam_EndsByTheRule(BeamEarlyStopping rule, bool ends)
    {
        var search = new BeamSearch(new BeamSearchOptions { Width = 1, MaxNewTokens = 10, EarlyStopping = rule, EndTokenIds = [0] });

        var step = search.Advance([[new(0, -1), new(5, -1.2f)]]);

        Assert.That(step.Finished, Is.EqualTo(ends));
        Assert.That(search.Finished, Is.EqualTo(ends));
        Assert.That(search.Results(1)[0], Has.Property(nameof(BeamHypothesis.EndedByToken)).True.And.Property(nameof(BeamHypothesis.Score)).EqualTo(-1));
    }

    [Test]
    public void Advance_EndTokenBelowTheWidth_IsNotAHypothesis()
    {
        var search = new BeamSearch(new BeamSearchOptions { Width = 1, MaxNewTokens = 10, EndTokenIds = [0] });

        var step = search.Advance([[new(5, -1), new(0, -1.1f)]]);

        Assert.That(step.Beams, Is.EqualTo(new BeamChoice[] { new(0, 5) }));
        Assert.That(search.Results(1), Is.Empty);
    }

    [Test]
    public void Advance_NothingPossible_Ends()
    {
        var search = new BeamSearch(new BeamSearchOptions { Width = 2, MaxNewTokens = 4 });

        Assert.That(search.Advance([[new(5, float.NegativeInfinity), new(6, float.NaN)]]).Finished, Is.True);
        Assert.That(() => search.Advance([]), Throws.InvalidOperationException);
    }

    /// <summary>End tokens come from clients: what a beam is asked for must not multiply with them.</summary>
    [Test]
    public void Advance_ManyEndTokensOnLongBeams_CopiesOnlyWhatGoesOn()
    {
        var options = new BeamSearchOptions { Width = 4, MaxNewTokens = 10_000, EarlyStopping = BeamEarlyStopping.Never, EndTokenIds = [.. Enumerable.Range(0, 400)] };
        var tokens = Enumerable.Repeat(new TokenLogprob(500, -1), 5000).ToImmutableList();
        var state = new BeamSearchState([.. Enumerable.Range(0, 4).Select(i => new BeamHypothesis(tokens, -i, -i, false))], [], 5000);
        var search = new BeamSearch(options, state);
        var candidates = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(390, options.CandidateCount).Select(id => new TokenLogprob(id, -id)).ToArray()).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var step = search.Advance(candidates);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 19), "the ranking and few lists");
        Assert.That(options.CandidateCount, Is.EqualTo(404));
        Assert.That(step.Beams, Is.EqualTo(new BeamChoice[] { new(0, 400), new(0, 401), new(1, 400), new(0, 402) }));
    }

    private sealed record Case(int Seed, int Vocabulary, float Sharpness, BeamSearchOptions Options);

    private static Gen<Case> Cases() =>
        from seed in Gen.Choose(0, 1_000_000)
        from vocabulary in Gen.Choose(24, 40)
        from sharpness in Gen.Elements(0.3f, 1f, 3f, 8f)
        from width in Gen.Choose(1, 5)
        from most in Gen.Choose(1, 8)
        from penalty in Gen.Elements(-1.0, 0, 0.5, 1, 2)
        from rule in Gen.Elements(BeamEarlyStopping.Heuristic, BeamEarlyStopping.AtWidth, BeamEarlyStopping.Never)
        from ends in Gen.Choose(0, 3)
        select new Case(seed, vocabulary, sharpness, new BeamSearchOptions
        {
            Width = width, MaxNewTokens = most, LengthPenalty = penalty, EarlyStopping = rule, EndTokenIds = [.. Enumerable.Range(0, ends)],
        });

    private static IReadOnlyList<BeamHypothesis> Run(Case test, Func<BeamSearchState, BeamSearchState>? move = null)
    {
        var search = new BeamSearch(test.Options);
        while (!search.Finished)
        {
            if (move is not null) search = new BeamSearch(test.Options, move(search.State));
            search.Advance([.. search.State.Running.Select(beam => Best(test, beam))]);
        }

        return search.Results(test.Options.Width);
    }

    private static TokenLogprob[] Best(Case test, BeamHypothesis beam) =>
    [
        .. ToyLogprobs(test.Seed, [.. beam.Tokens.Select(token => token.Id)], test.Vocabulary, test.Sharpness)
            .Select((logprob, id) => new TokenLogprob(id, logprob)).OrderByDescending(token => token.Logprob).ThenBy(token => token.Id).Take(test.Options.CandidateCount),
    ];

    private static string Ids(BeamHypothesis hypothesis) => string.Join(" ", hypothesis.Tokens.Select(token => token.Id));

    private static float[] ToyLogprobs(int seed, IReadOnlyList<int> ids, int vocabulary, float sharpness)
    {
        var random = new Random(ids.Aggregate(seed, (hash, id) => unchecked(hash * 31 + id + 17)));
        var logits = Enumerable.Range(0, vocabulary).Select(_ => random.NextDouble() * sharpness).ToArray();
        var log = Math.Log(logits.Sum(Math.Exp));
        return [.. logits.Select(logit => (float)(logit - log))];
    }
}
