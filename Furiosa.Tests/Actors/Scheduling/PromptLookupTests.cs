using Furiosa.Actors.Scheduling;

namespace Furiosa.Tests.Actors.Scheduling;

internal sealed class PromptLookupTests
{
    [TestCase("1 2 3 4 5 1 2", 2, 2, "3 4", TestName = "what came behind the same two tokens")]
    [TestCase("1 2 3 1 2 4 1 2", 2, 1, "4", TestName = "of two places alike the later one")]
    [TestCase("7 1 2 3 8 1 2 4 7 1 2", 2, 1, "3", TestName = "the place that has more in common, though it is earlier")]
    [TestCase("1 2 3 1 2", 3, 2, "", TestName = "nothing where too little is in common")]
    [TestCase("9 9 9", 2, 4, "9 9 9 9", TestName = "a loop of one token goes on")]
    [TestCase("1 2 3 1 2 3", 3, 5, "1 2 3 1 2", TestName = "a loop of three goes on")]
    [TestCase("1", 1, 3, "", TestName = "nothing before the first token")]
    [TestCase("", 1, 3, "", TestName = "nothing in no text")]
    [TestCase("1 1", 1, 0, "", TestName = "nothing where there is no room")]
    public void Propose_Text_GivesWhatCameThere(string text, int shortest, int room, string expected) =>
        Assert.That(Propose(Ids(text), shortest, room), Is.EqualTo(Ids(expected)));

    [Test]
    public void Propose_MatchBeforeTheWindow_IsNotSeen()
    {
        int[] Text(int between) => [1, 2, 3, .. Enumerable.Range(100, between), 1, 2];

        Assert.That(Propose(Text(PromptLookup.Window - 5), 2, 1), Is.EqualTo([3]));
        Assert.That(Propose(Text(PromptLookup.Window - 4), 2, 1), Is.Empty);
    }

    [Test]
    public void Propose_MorePlacesThanAreLookedAt_SeesTheLaterOnes()
    {
        int[] Text(int between) => [1, 2, 3, .. Enumerable.Range(0, between).SelectMany(i => (int[])[100 + i, 2]), 1, 2];

        Assert.That(Propose(Text(PromptLookup.MostPlaces - 1), 2, 1), Is.EqualTo([3]));
        Assert.That(Propose(Text(PromptLookup.MostPlaces), 2, 1), Is.Empty);
    }

    [Test]
    public void Propose_RandomTexts_EqualsLookingAtEveryPlace([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        var found = 0;
        for (var round = 0; round < 300; round++)
        {
            var ids = random.Next(1, 6);
            int[] text = [.. Enumerable.Range(0, random.Next(0, 60)).Select(_ => random.Next(ids))];
            var (shortest, room) = (random.Next(1, PromptLookup.LongestMatch + 1), random.Next(0, 9));
            var expected = AtEveryPlace(text, shortest, room);
            found += expected.Length;
            Assert.That(Propose(text, shortest, room), Is.EqualTo(expected));
        }
        Assert.That(found, Is.GreaterThan(100));
    }

    [Test]
    public void Learn_Successes_TryFurtherAhead()
    {
        var pace = new LookupPace();
        Assert.That((pace.Ahead, pace.Match), Is.EqualTo((1, 3)));
        pace.Learn(1, 1);
        Assert.That((pace.Ahead, pace.Match), Is.EqualTo((3, 2)));
        pace.Learn(3, 3);
        Assert.That((pace.Ahead, pace.Match), Is.EqualTo((7, 2)));
        pace.Learn(7, 4);
        Assert.That((pace.Ahead, pace.Match), Is.EqualTo((4, 2)));
    }

    [Test]
    public void Learn_Failures_AskForMoreInCommonUpToTheLongest()
    {
        var pace = new LookupPace();
        for (var failure = 1; failure < 20; failure++)
        {
            pace.Learn(pace.Ahead, 0);
            Assert.That((pace.Ahead, pace.Match), Is.EqualTo((1, Math.Min(3 + failure, PromptLookup.LongestMatch))));
        }
        pace.Learn(1, 1);
        Assert.That((pace.Ahead, pace.Match), Is.EqualTo((3, PromptLookup.LongestMatch - 1)));
    }

    private static int[] Ids(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static int[] Propose(int[] text, int shortest, int room)
    {
        var drafts = new int[room];
        return drafts[..PromptLookup.Propose(text, shortest, drafts)];
    }

    private static int[] AtEveryPlace(int[] text, int shortest, int room)
    {
        var places = Enumerable.Range(1, Math.Max(0, text.Length - 1))
            .Select(next => (Next: next, Common: Enumerable.Range(1, Math.Min(next, PromptLookup.LongestMatch)).TakeWhile(i => text[next - i] == text[^i]).Count()))
            .Where(place => place.Common >= shortest).ToList();
        if (places.Count == 0) return [];
        var next = places.OrderByDescending(place => place.Common).ThenByDescending(place => place.Next).First().Next;
        var whole = text.ToList();
        for (var i = 0; i < room; i++) whole.Add(whole[next + i]);
        return [.. whole[text.Length..]];
    }
}
