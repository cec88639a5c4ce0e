using System.Text;
using System.Text.Json;

namespace Furiosa.Gateway.Tools;

/// <summary>Writes the parts of an assistant's message as the chat API has them.</summary>
internal static class MessageJson
{
    /// <summary>Writes what one step adds, inside a chunk's <c>delta</c>. A call's id, type and name are said once, where it begins.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="delta">The step.</param>
    /// <param name="legacy">Whether the call goes into the deprecated <c>function_call</c>.</param>
    public static void WriteDelta(Utf8JsonWriter json, MessageDelta delta, bool legacy)
    {
        switch (delta.Part)
        {
            case MessagePart.Reasoning:
                WriteReasoning(json, delta.Text);
                break;
            case MessagePart.Content:
                json.WriteString("content"u8, delta.Text);
                break;
            case MessagePart.CallStart when legacy:
                WriteFunction(json, "function_call", delta.Text, "");
                break;
            case MessagePart.Arguments when legacy:
                WriteFunction(json, "function_call", null, delta.Text);
                break;
            default:
                json.WriteStartArray("tool_calls"u8);
                json.WriteStartObject();
                json.WriteNumber("index"u8, delta.Call);
                if (delta.CallId != null)
                    WriteIdentity(json, delta.CallId);
                WriteFunction(json, "function", delta.CallId == null ? null : delta.Text, delta.CallId == null ? delta.Text : "");
                json.WriteEndObject();
                json.WriteEndArray();
                break;
        }
    }

    /// <summary>Writes the fields of a whole message but its role.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="deltas">All steps in order.</param>
    /// <param name="legacy">Whether the call goes into the deprecated <c>function_call</c>.</param>
    public static void WriteMessage(Utf8JsonWriter json, IReadOnlyList<MessageDelta> deltas, bool legacy)
    {
        var calls = deltas.Where(delta => delta.Part == MessagePart.CallStart).ToList();
        var content = Join(deltas, MessagePart.Content);
        if (content.Length == 0 && calls.Count > 0)
            json.WriteNull("content"u8);
        else
            json.WriteString("content"u8, content);
        json.WriteNull("refusal"u8);
        var reasoning = Join(deltas, MessagePart.Reasoning);
        if (reasoning.Length > 0)
            WriteReasoning(json, reasoning);
        if (calls.Count == 0)
            return;
        if (legacy)
        {
            WriteFunction(json, "function_call", calls[0].Text, Join(deltas, MessagePart.Arguments));
            return;
        }

        json.WriteStartArray("tool_calls"u8);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            WriteIdentity(json, call.CallId!);
            WriteFunction(json, "function", call.Text, Join(deltas, MessagePart.Arguments, call.Call));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // Newer clients read the first name, older ones the second.
    private static void WriteReasoning(Utf8JsonWriter json, string text)
    {
        json.WriteString("reasoning"u8, text);
        json.WriteString("reasoning_content"u8, text);
    }

    private static void WriteIdentity(Utf8JsonWriter json, string id)
    {
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "function"u8);
    }

    private static void WriteFunction(Utf8JsonWriter json, string field, string? name, string arguments)
    {
        json.WriteStartObject(field);
        if (name != null)
            json.WriteString("name"u8, name);
        json.WriteString("arguments"u8, arguments);
        json.WriteEndObject();
    }

    private static string Join(IReadOnlyList<MessageDelta> deltas, MessagePart part, int call = 0)
    {
        var text = new StringBuilder();
        foreach (var delta in deltas)
        {
            if (delta.Part == part && delta.Call == call)
                text.Append(delta.Text);
        }

        return text.ToString();
    }
}
