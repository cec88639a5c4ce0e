using System.Text;
using System.Text.Json;
using Furiosa.Gateway.Streaming;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>What an output item is.</summary>
internal enum ResponseItemKind
{
    Reasoning,
    Message,
    Call,
}

/// <summary>One item of a response's output, while it grows and when it is whole. Not thread-safe.</summary>
/// <param name="kind">What it is.</param>
/// <param name="id">Its id.</param>
/// <param name="name">A call's function.</param>
/// <param name="callId">A call's id.</param>
internal sealed class ResponseItem(ResponseItemKind kind, string id, string name = "", string callId = "")
{
    private readonly StringBuilder _text = new();

    public ResponseItemKind Kind => kind;

    public string Id => id;

    public string Name => name;

    public string CallId => callId;

    /// <summary><c>in_progress</c>, then <c>completed</c> or <c>incomplete</c>.</summary>
    public string Status { get; set; } = "in_progress";

    /// <summary>A message's or reasoning's text, a call's arguments.</summary>
    public string Text => _text.ToString();

    /// <summary>A message's tokens, where log-probabilities were asked for.</summary>
    public List<TokenEntry> Tokens { get; } = [];

    /// <summary>About what it takes in memory: its text, and its tokens with their alternatives, each list of which is an array.</summary>
    public long Bytes => 128 + (2L * _text.Length) + Tokens.Sum(token => token.Top.IsDefaultOrEmpty ? 32L : 56L + (8L * token.Top.Length));

    /// <summary>The type of its one part; null for a call, which has none.</summary>
    public string? PartType => kind switch
    {
        ResponseItemKind.Message => "output_text",
        ResponseItemKind.Reasoning => "reasoning_text",
        _ => null,
    };

    public void Append(string text) => _text.Append(text);

    /// <summary>Writes the item.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="logprobs">Writes its log-probabilities.</param>
    /// <param name="begun">Whether it is shown as it began, without any text.</param>
    public void Write(Utf8JsonWriter json, LogprobJson logprobs, bool begun = false)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        switch (kind)
        {
            case ResponseItemKind.Call:
                json.WriteString("type"u8, "function_call"u8);
                json.WriteString("status"u8, begun ? "in_progress" : Status);
                json.WriteString("arguments"u8, begun ? "" : Text);
                json.WriteString("call_id"u8, callId);
                json.WriteString("name"u8, name);
                break;
            case ResponseItemKind.Reasoning:
                json.WriteString("type"u8, "reasoning"u8);
                json.WriteString("status"u8, begun ? "in_progress" : Status);
                json.WriteStartArray("summary"u8);
                json.WriteEndArray();
                WriteContent(json, logprobs, begun);
                break;
            default:
                json.WriteString("type"u8, "message"u8);
                json.WriteString("status"u8, begun ? "in_progress" : Status);
                json.WriteString("role"u8, "assistant"u8);
                WriteContent(json, logprobs, begun);
                break;
        }
        json.WriteEndObject();
    }

    /// <summary>The item as a later request's input.</summary>
    public JObject ToInput()
    {
        var part = new JArray(new JObject { ["type"] = PartType, ["text"] = Text });
        return kind switch
        {
            ResponseItemKind.Call => new JObject { ["id"] = id, ["type"] = "function_call", ["call_id"] = callId, ["name"] = name, ["arguments"] = Text },
            ResponseItemKind.Reasoning => new JObject { ["id"] = id, ["type"] = "reasoning", ["summary"] = new JArray(), ["content"] = part },
            _ => new JObject { ["id"] = id, ["type"] = "message", ["role"] = "assistant", ["content"] = part },
        };
    }

    /// <summary>Writes the item's one part.</summary>
    public void WritePart(Utf8JsonWriter json, LogprobJson logprobs, bool begun = false)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, PartType);
        json.WriteString("text"u8, begun ? "" : Text);
        if (kind == ResponseItemKind.Message)
        {
            json.WriteStartArray("annotations"u8);
            json.WriteEndArray();
            json.WritePropertyName("logprobs"u8);
            logprobs.WriteTokens(json, begun ? [] : Tokens, withBytes: true);
        }
        json.WriteEndObject();
    }

    private void WriteContent(Utf8JsonWriter json, LogprobJson logprobs, bool begun)
    {
        json.WriteStartArray("content"u8);
        if (!begun) WritePart(json, logprobs);
        json.WriteEndArray();
    }
}
