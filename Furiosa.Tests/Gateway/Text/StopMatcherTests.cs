using FsCheck;
using FsCheck.Fluent;
using Furiosa.Gateway.Text;

namespace Furiosa.Tests.Gateway.Text;

public sealed class StopMatcherTests
{
    [TestCase("one END two", "END", false, "one ")]
    [TestCase("one END two", "END", true, "one END")]
    [TestCase("one EN", "END", false, "one EN")]
    [TestCase("EENEND", "END", false, "EEN")]
    [TestCase("aaab", "aab", false, "a")]
    public void Add_WholeText_EndsAtTheStop(string text, string stop, bool include, string shown)
    {
        var matcher = new StopMatcher(new StopSet([stop]), include);
        Assert.That(matcher.Add(text) + matcher.Flush(), Is.EqualTo(shown));
    }

    [Test]
    public void Add_TailThatMayBecomeAStop_IsHeldBackOnlyThen()
    {
        var matcher = new StopMatcher(new StopSet(["\n\nUser:"]));
        Assert.Multiple(() =>
        {
            Assert.That(matcher.Add("hello\n"), Is.EqualTo("hello"));
            Assert.That(matcher.Add("\nU"), Is.Empty);
            Assert.That(matcher.Add("nder"), Is.EqualTo("\n\nUnder"));
            Assert.That(matcher.Add("\n\nUser"), Is.Empty);
            Assert.That(matcher.Flush(), Is.EqualTo("\n\nUser"));
            Assert.That(matcher.Stopped, Is.Null);
        });
    }

    [Test]
    public void Add_TwoStops_EarliestCompletedWins()
    {
        var matcher = new StopMatcher(new StopSet(["abcdef", "cd"]));
        Assert.That(matcher.Add("xabcdefy"), Is.EqualTo("xab"));
        Assert.That(matcher.Stopped, Is.EqualTo("cd"));
    }

    [Test]
    public void Add_TwoStopsAtOneCharacter_EarlierInTheListWins()
    {
        var matcher = new StopMatcher(new StopSet(["cd", "bcd"]));
        Assert.That(matcher.Add("abcd"), Is.EqualTo("ab"));
        Assert.That(matcher.Stopped, Is.EqualTo("cd"));
    }

    [Test]
    public void Add_NotActive_LetsStopsPassAndForgetsWhatWasHeld()
    {
        var matcher = new StopMatcher(new StopSet(["END"]));
        Assert.Multiple(() =>
        {
            Assert.That(matcher.Add("END E", active: false), Is.EqualTo("END E"));
            Assert.That(matcher.Add("ND"), Is.EqualTo("ND"), "the E came before stops counted");
            Assert.That(matcher.Add("END"), Is.Empty);
            Assert.That(matcher.Stopped, Is.EqualTo("END"));
        });
    }

    [Test]
    public void Add_AfterAStop_ShowsNothing()
    {
        var matcher = new StopMatcher(new StopSet(["."]));
        Assert.That(matcher.Add("a.b"), Is.EqualTo("a"));
        Assert.That(matcher.Add("more") + matcher.Flush(), Is.Empty);
    }

    [Test]
    public void Add_MatchersOfOneSet_DoNotDisturbEachOther()
    {
        var set = new StopSet(["aab"]);
        var (first, second) = (new StopMatcher(set), new StopMatcher(set));
        Assert.That((first.Add("xaa"), second.Add("ya"), first.Add("b"), second.Add("b")), Is.EqualTo(("x", "y", "", "ab")));
        Assert.That((first.Stopped, second.Stopped), Is.EqualTo(("aab", (string?)null)));
    }

    [Test]
    public void Create_OfASharedSet_TakesOnlyCounters()
    {
        const int matchers = 1000;
        var set = new StopSet(Enumerable.Range(0, 64).Select(i => new string('a', 1000) + i));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < matchers; i++) _ = new StopMatcher(set);
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / matchers, Is.LessThan(1024), "a table for each stop string would be 256 KB");
    }

    [Test]
    public void Add_TextCutAnywhere_GivesWhatTheWholeGives()
    {
        // Few letters, so that stops, their prefixes and their overlaps are common.
        var letters = Gen.Elements('a', 'b', 'c');
        var text = Gen.Sized(size => Gen.ArrayOf(letters, size)).Select(characters => new string(characters));
        var stop = Gen.Choose(1, 4).SelectMany(length => Gen.ArrayOf(letters, length)).Select(characters => new string(characters));
        var input =
            from whole in text
            from stops in Gen.Choose(0, 3).SelectMany(count => Gen.ArrayOf(stop, count))
            from cuts in Gen.ListOf(Gen.Choose(0, Math.Max(0, whole.Length)))
            from include in Gen.Elements(true, false)
            select (whole, stops, cuts, include);
        Prop.ForAll(input.ToArbitrary(), sample => Cut(sample.whole, sample.stops, sample.cuts, sample.include) == Expected(sample.whole, sample.stops, sample.include))
            .QuickCheckThrowOnFailure();
    }

    private static (string Text, string? Stop) Cut(string text, string[] stops, IEnumerable<int> cuts, bool include)
    {
        var matcher = new StopMatcher(new StopSet(stops), include);
        var shown = string.Empty;
        var from = 0;
        foreach (var cut in cuts.Order().Append(text.Length))
        {
            shown += matcher.Add(text[from..cut]);
            from = cut;
        }

        return (shown + matcher.Flush(), matcher.Stopped);
    }

    // By looking at every end in turn.
    private static (string Text, string? Stop) Expected(string text, string[] stops, bool include)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            if (stops.FirstOrDefault(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)) is { } found)
                return (text[..(include ? end : end - found.Length)], found);
        }

        return (text, null);
    }
}
