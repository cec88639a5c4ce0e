using System.Text;
using Furiosa.Gateway.Tools;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>What cutting the text, its size and its damage do.</summary>
[TestFixture]
public sealed class ToolCallStreamTests
{
    private static readonly string[] Parsers = [.. ToolCallParsers.Names.Where(name => name != ToolCallParsers.Auto)];

    private static readonly string[] Texts =
        [.. ToolCallParserTests.Wellformed.Concat(ToolCallParserTests.Malformed).Select(test => (string)test[1])];

    [TestCaseSource(nameof(Parsers))]
    public void Feed_TextCutAnywhere_GivesTheSameMessage(string parser)
    {
        var random = new Random(7);
        foreach (var text in Texts.Concat(Enumerable.Range(0, 400).Select(_ => Damaged(random))))
        {
            var whole = ParsedMessage.Parse(parser, text);
            for (var round = 0; round < 3; round++)
            {
                var cut = ParsedMessage.Parse(parser, text, random);
                Assert.That(cut.ToString(), Is.EqualTo(whole.ToString()), text);
            }
        }
    }

    [TestCaseSource(nameof(Parsers))]
    public void Feed_DamagedText_LosesNothing(string parser)
    {
        var random = new Random(11);
        var without = 0;
        for (var round = 0; round < 1500; round++)
        {
            var text = Damaged(random);
            var message = ParsedMessage.Parse(parser, text, random);
            if (message.Calls.Count == 0)
            {
                without++;
                Assert.That(message.Content, Is.EqualTo(text));
            }
            else
            {
                Assert.That(message.Calls.Select(call => call.Arguments), Has.All.StartsWith("{"), text);
                Assert.That(message.Calls.Where(call => !ParsedMessage.Tools.Contains(call.Name)).Select(call => call.Arguments), Has.All.Matches<string>(JsonValueScanner.IsValue), text);
            }
        }

        Assert.That(without, Is.GreaterThan(100));
    }

    [TestCase("hermes", "<tool_call>{\"name\": \"write\", \"arguments\": {\"text\": \"", "\"}}</tool_call>", "{\"text\": \"", "\"}")]
    [TestCase("mistral", "[TOOL_CALLS]write[ARGS]{\"text\": \"", "\"}", "{\"text\": \"", "\"}")]
    [TestCase("qwen3_xml", "<tool_call>\n<function=write>\n<parameter=text>\n", "\n</parameter>\n</function>\n</tool_call>", "{\"text\": \"", "\"}")]
    [TestCase("pythonic", "[search(text='", "')]", "{\"text\": \"", "\"}")]
    public void Feed_LongArguments_StreamBeforeTheCallEnds(string parser, string before, string after, string jsonBefore, string jsonAfter)
    {
        var subject = ToolCallParsers.Create(parser, ParsedMessage.Tools);
        var deltas = new List<ToolDelta>();
        var text = new string('x', 10 * ToolCallParser.HoldLength);

        subject.Feed(before, deltas);
        foreach (var piece in text.Chunk(16))
            subject.Feed(new string(piece), deltas);
        var early = ParsedMessage.FromDeltas(deltas);
        var pieces = deltas.Count;
        subject.Feed(after, deltas);
        subject.Finish(deltas);
        var message = ParsedMessage.FromDeltas(deltas);

        Assert.That(early.Calls.Single().Arguments, Is.EqualTo(jsonBefore + text));
        Assert.That(pieces, Is.GreaterThan(100));
        Assert.That(message.Calls.Single().Arguments, Is.EqualTo(jsonBefore + text + jsonAfter));
        Assert.That(message.Content, Is.Empty);
    }

    [Test]
    public void Feed_LongCallThatBreaks_KeepsAllUpToItsEnd()
    {
        var good = "{\"a\": \"" + new string('x', 2 * ToolCallParser.HoldLength) + "\", ";

        var message = ParsedMessage.Parse("hermes", $"<tool_call>{{\"name\": \"f\", \"arguments\": {good}oops}}}}</tool_call> sorry", new Random(1));

        Assert.That(message.Calls, Is.EqualTo(new[] { ("f", good + "oops}}") }));
        Assert.That(message.Content, Is.EqualTo(" sorry"));
    }

    [TestCase("hermes", "<tool_call>{\"x\": \"")]
    [TestCase("hermes", "<tool_call>")]
    [TestCase("hermes", "<tool_call>{\"name\": \"f\", \"arguments\": \"")]
    [TestCase("llama3_json", "{\"name\": \"")]
    [TestCase("mistral", "[TOOL_CALLS]")]
    [TestCase("qwen3_xml", "<function=other><parameter=")]
    [TestCase("pythonic", "[")]
    [TestCase("deepseek_v3", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>")]
    public void Feed_CallThatNeverEnds_IsHeldOnlySoFar(string parser, string before)
    {
        var subject = ToolCallParsers.Create(parser, ParsedMessage.Tools);
        var deltas = new List<ToolDelta>();
        var text = before + new string('y', 4 * ToolCallParser.MostHeld);

        foreach (var piece in text.Chunk(64))
            subject.Feed(new string(piece), deltas);
        var shown = deltas.Sum(delta => delta.Text.Length);
        subject.Finish(deltas);

        Assert.That(shown, Is.GreaterThanOrEqualTo(text.Length - ToolCallParser.MostHeld));
        Assert.That(ParsedMessage.FromDeltas(deltas).Content, Is.EqualTo(text));
    }

    [TestCase("hermes", "<tool_call>{\"name\": \"search\", \"arguments\": ", "{\"city\": \"Paris\"}")]
    [TestCase("llama3_json", "{\"name\": \"search\", \"parameters\": ", "{\"city\": \"Paris\"}")]
    [TestCase("mistral", "[TOOL_CALLS] [{\"name\": \"search\", \"arguments\": ", "{\"city\": \"Paris\"}")]
    [TestCase("deepseek_v3", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>search<｜tool▁sep｜>", "{\"city\": \"Paris\"}")]
    public void Feed_ArgumentsOfAKnownFunction_StreamFromTheFirstOn(string parser, string before, string arguments)
    {
        var subject = ToolCallParsers.Create(parser, ParsedMessage.Tools);
        var deltas = new List<ToolDelta>();

        subject.Feed(before, deltas);
        for (var length = 1; length < arguments.Length; length++)
        {
            subject.Feed(arguments.Substring(length - 1, 1), deltas);
            if (length > 1)
                Assert.That(ParsedMessage.FromDeltas(deltas).Calls, Is.EqualTo(new[] { ("search", arguments[..length]) }));
        }
    }

    [Test]
    public void Feed_ValueThatIsHeldTooLong_IsPassedOnAsWritten()
    {
        var subject = ToolCallParsers.Create("qwen3_xml", ParsedMessage.Tools);
        var deltas = new List<ToolDelta>();

        subject.Feed("<function=get_weather><parameter=unit>" + new string('y', 2 * ToolCallParser.MostHeld), deltas);

        Assert.That(ParsedMessage.FromDeltas(deltas).Calls.Single().Arguments, Has.Length.GreaterThan(2 * ToolCallParser.MostHeld));
    }

    [Test]
    public void Feed_PlainText_IsNotHeldBack()
    {
        var subject = ToolCallParsers.Create("hermes", ParsedMessage.Tools);
        var deltas = new List<ToolDelta>();

        subject.Feed("a < b and <tool", deltas);

        Assert.That(ParsedMessage.FromDeltas(deltas).Content, Is.EqualTo("a < b and"));
    }

    // A text of the corpus with pieces of others put in, cut out or doubled.
    private static string Damaged(Random random)
    {
        var text = new StringBuilder(Texts[random.Next(Texts.Length)]);
        for (var wounds = random.Next(1, 4); wounds > 0; wounds--)
        {
            var at = random.Next(text.Length + 1);
            if (random.Next(2) == 0)
            {
                text.Remove(at, Math.Min(random.Next(1, 9), text.Length - at));
                continue;
            }

            var other = Texts[random.Next(Texts.Length)];
            var from = random.Next(other.Length);
            text.Insert(at, other.AsSpan(from, Math.Min(random.Next(1, 40), other.Length - from)));
        }

        return text.ToString();
    }
}
