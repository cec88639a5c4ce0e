using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Tests.Gateway.Streaming;

[TestFixture]
public sealed class StreamMarksTests
{
    /// <summary>Wherever a stream breaks off, what was seen and what comes after it are the whole stream.</summary>
    [Test]
    public void Next_StreamTakenUpAnywhere_LeavesOutWhatWasSeenAndNothingElse()
    {
        // Choice and tokens of each frame, two frames for some tokens, the choices at different speeds.
        (int Choice, int Token)[] frames = [(0, 0), (1, 0), (0, 1), (1, 1), (1, 1), (0, 2), (0, 4), (1, 2), (1, 3), (0, 5), (0, 5)];
        for (var seen = 1; seen <= frames.Length; seen++)
        {
            var first = new StreamMarks("name", 2, null);
            foreach (var (choice, token) in frames.Take(seen)) Assert.That(first.Next(choice, token), Is.True);

            var second = new StreamMarks("name", 2, StreamPosition.Parse(first.ToString()));
            // Another order among the choices, as another run may have it.
            var shown = frames.OrderBy(frame => frame.Choice).Select(frame => (frame, IsShown: second.Next(frame.Choice, frame.Token))).ToList();

            Assert.That(shown.Count(frame => frame.IsShown), Is.EqualTo(frames.Length - seen));
            Assert.That(second.ToString(), Is.EqualTo("name;0:5.2;1:3.1"));
        }
    }

    [TestCase("name")]
    [TestCase("name;1:2.3")]
    [TestCase("name;0:x.1")]
    [TestCase("name;0:1.1;0:1.1")]
    [TestCase(";0:1.1")]
    [TestCase("name;0:-1.1")]
    public void Parse_NoIdOfOurs_IsRefusedByName(string id) =>
        Assert.That(() => StreamPosition.Parse(id), Throws.TypeOf<ApiException>().With.Message.Contains("is no id of a stream"));

    [Test]
    public void Split_SeveralTokens_AreOneEventEachAndTheFinishIsWithTheLast()
    {
        var news = new TokensGenerated(1, [new(7, 0, default), new(8, 0, default)], ChoiceFinish.Stop, 8);

        var parts = StreamMarks.Split(new PromptEvent(3, news)).ToList();

        Assert.That(parts.Select(part => part.Prompt), Is.All.EqualTo(3));
        Assert.That(parts.Select(part => ((TokensGenerated)part.Event).Tokens.Single().Id), Is.EqualTo(new[] { 7, 8 }));
        Assert.That(parts.Select(part => ((TokensGenerated)part.Event).Finish), Is.EqualTo(new ChoiceFinish?[] { null, ChoiceFinish.Stop }));
    }
}
