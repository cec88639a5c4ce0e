using System.Text;
using System.Text.Json;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Reasoning;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

[TestFixture]
public sealed class MessageParserTests
{
    private const string Text = "<think>\nTwo.\n</think>\n\nSee:\n<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call><tool_call>{\"name\": \"g\"}</tool_call>";

    [Test]
    public void Feed_ReasoningThenCalls_GivesEachItsPart()
    {
        var message = Message(Parse(parallel: true), legacy: false);

        Assert.That(message, Is.EqualTo(
            """{"content":"See:","refusal":null,"reasoning":"Two.","reasoning_content":"Two.","tool_calls":[{"id":"id1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"id2","type":"function","function":{"name":"g","arguments":"{}"}}]}"""));
    }

    [Test]
    public void Feed_NotParallel_KeepsTheFirstCall()
    {
        var deltas = Parse(parallel: false);

        Assert.That(JObject.Parse(Message(deltas, legacy: false))["tool_calls"]!.Select(call => (string?)call["function"]!["name"]), Is.EqualTo(new[] { "f" }));
        Assert.That(deltas, Has.All.Matches<MessageDelta>(delta => delta.Call == 0));
    }

    [Test]
    public void WriteDelta_Calls_SayTheirIdentityOnce()
    {
        var deltas = Parse(parallel: true).Where(delta => delta.Part is MessagePart.CallStart or MessagePart.Arguments).Take(2).Select(delta => Delta(delta, legacy: false));

        Assert.That(deltas, Is.EqualTo(new[]
        {
            """{"tool_calls":[{"index":0,"id":"id1","type":"function","function":{"name":"f","arguments":""}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": 1}"}}]}""",
        }));
    }

    [Test]
    public void WriteMessage_Deprecated_HasFunctionCall()
    {
        var deltas = Parse(parallel: false).Where(delta => delta.Part is MessagePart.CallStart or MessagePart.Arguments).ToList();

        Assert.That(Message(deltas, legacy: true), Is.EqualTo("""{"content":null,"refusal":null,"function_call":{"name":"f","arguments":"{\"a\": 1}"}}"""));
        Assert.That(Delta(deltas[0], legacy: true), Is.EqualTo("""{"function_call":{"name":"f","arguments":""}}"""));
    }

    [Test]
    public void New_MistralId_IsNineLettersOrDigits()
    {
        Assert.That(ToolCallIds.New("mistral"), Does.Match("^[A-Za-z0-9]{9}$"));
        Assert.That(ToolCallIds.New("hermes"), Does.StartWith("chatcmpl-tool-").And.Length.GreaterThan(30));
    }

    private static List<MessageDelta> Parse(bool parallel)
    {
        var count = 0;
        var parser = new MessageParser(ReasoningParsers.Create("qwen3", ""), ToolCallParsers.Create("hermes", ParsedMessage.Tools), parallel, () => $"id{++count}");
        var deltas = new List<MessageDelta>();
        foreach (var piece in Text.Chunk(3))
            parser.Feed(new string(piece), deltas);
        parser.Finish(deltas);
        Assert.That(parser.CallCount, Is.EqualTo(parallel ? 2 : 1));
        return deltas;
    }

    private static string Message(IReadOnlyList<MessageDelta> deltas, bool legacy) => Write(json => MessageJson.WriteMessage(json, deltas, legacy));

    private static string Delta(MessageDelta delta, bool legacy) => Write(json => MessageJson.WriteDelta(json, delta, legacy));

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return JToken.Parse(Encoding.UTF8.GetString(stream.ToArray())).ToString(Formatting.None);
    }
}
