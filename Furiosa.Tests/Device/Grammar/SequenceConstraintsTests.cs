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
    public void Sample_OnlyTheEndIsLeft_EndsEvenWhereItIsBanned()
    {
        var allowed = new SequenceConstraints(Masks).Of(Request(), ['"', '"']);

        var token = new Sampler().Sample(new float[End + 1], new SamplingOptions(), 0, 0, [], [], [End], allowed);

        Assert.That(token.Id, Is.EqualTo(End));
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

    private DrawToken Request() =>
        new(new SamplingOptions(), 0, default, default) { Constraint = new TokenConstraint(_grammar, 5, new[] { End }) };
}
