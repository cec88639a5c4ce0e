using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Requests that compile grammars wait for each other, and no others do.</summary>
[TestFixture]
internal sealed class GrammarTurnsTests
{
    private const string Form = """{"response_format": {"type": "json_object"}}""";

    [TestCase("""{"guided_regex": "a"}""")]
    [TestCase("""{"structured_outputs": {"regex": "a"}}""")]
    [TestCase("""{"text": {"format": {"type": "json_object"}}}""")]
    [TestCase("""{"tools": [], "tool_choice": "required"}""")]
    [TestCase("""{"tools": [{"function": {"name": "f", "strict": true}}]}""")]
    [TestCase("""{"tools": [{"name": "f", "strict": true}]}""")]
    public async Task Take_WithAGrammarWhileAllTurnsAreTaken_Waits(string body)
    {
        var turns = new GrammarTurns(1);
        var first = await turns.TakeAsync(Fields(Form), CancellationToken.None);

        var second = turns.TakeAsync(Fields(body), CancellationToken.None).AsTask();
        Assert.That(second.IsCompleted, Is.False);

        first!.Dispose();
        using var turn = await second.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(turn, Is.Not.Null);
    }

    [TestCase("{}")]
    [TestCase("""{"response_format": {"type": "text"}, "guided_regex": null}""")]
    [TestCase("""{"text": {"format": {"type": "text"}}}""")]
    [TestCase("""{"tools": [{"function": {"name": "f", "strict": false}}], "tool_choice": "auto"}""")]
    [TestCase("""{"tools": 1, "tool_choice": 1, "text": [], "response_format": 1}""")]
    public async Task Take_WithoutAGrammar_NeverWaits(string body)
    {
        var turns = new GrammarTurns(1);
        using var first = await turns.TakeAsync(Fields(Form), CancellationToken.None);

        Assert.That(await turns.TakeAsync(Fields(body), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30)), Is.Null);
    }

    [Test]
    public async Task Take_CancelledWhileItWaits_LeavesTheTurnToOthers()
    {
        var turns = new GrammarTurns(1);
        var first = await turns.TakeAsync(Fields(Form), CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var waiting = turns.TakeAsync(Fields(Form), gone.Token).AsTask();

        await gone.CancelAsync();

        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        first!.Dispose();
        using var next = await turns.TakeAsync(Fields(Form), CancellationToken.None);
        Assert.That(next, Is.Not.Null);
    }

    private static BodyFields Fields(string body) => new(JObject.Parse(body));
}
