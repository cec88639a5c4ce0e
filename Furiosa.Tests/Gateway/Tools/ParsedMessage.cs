using System.Text;
using Furiosa.Gateway.Tools;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>A message put together from deltas, as a client does it.</summary>
internal sealed record ParsedMessage(string Content, IReadOnlyList<(string Name, string Arguments)> Calls)
{
    public static ToolSchemas Tools { get; } = new(new Dictionary<string, JObject?>
    {
        ["get_weather"] = JObject.Parse("""
            {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}, "days": {"type": "integer"},
             "detail": {"type": "boolean"}, "tags": {"type": "array"}, "where": {"type": "object"},
             "unit": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "level": {"enum": [1, 2]}}}
            """),
        ["search"] = null,
    });

    public static ParsedMessage Parse(string parser, string text, Random? cuts = null)
    {
        var subject = ToolCallParsers.Create(parser, Tools);
        var deltas = new List<ToolDelta>();
        for (var at = 0; at < text.Length;)
        {
            var length = cuts == null ? text.Length : Math.Min(cuts.Next(1, 8), text.Length - at);
            subject.Feed(text.Substring(at, length), deltas);
            at += length;
        }

        subject.Finish(deltas);
        return FromDeltas(deltas);
    }

    public static ParsedMessage FromDeltas(IEnumerable<ToolDelta> deltas)
    {
        var content = new StringBuilder();
        var calls = new List<(string Name, StringBuilder Arguments)>();
        foreach (var delta in deltas)
        {
            if (delta.Kind == ToolDeltaKind.Content)
            {
                Assert.That(delta.Text, Is.Not.Empty);
                content.Append(delta.Text);
            }
            else if (delta.Kind == ToolDeltaKind.CallStart)
            {
                Assert.That(delta.Index, Is.EqualTo(calls.Count));
                calls.Add((delta.Text, new StringBuilder()));
            }
            else
            {
                Assert.That(delta.Index, Is.EqualTo(calls.Count - 1));
                calls[delta.Index].Arguments.Append(delta.Text);
            }
        }

        return new ParsedMessage(content.ToString(), [.. calls.Select(call => (call.Name, call.Arguments.ToString()))]);
    }

    public override string ToString() => $"'{Content}' {string.Join("; ", Calls.Select(call => $"{call.Name} {call.Arguments}"))}";
}
