using System.Buffers;
using System.Text;
using System.Text.Json;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>Writes a response's events, numbered from 0, into its log. Not thread-safe.</summary>
/// <param name="log">Where to; null where nobody reads events.</param>
/// <param name="document">The response.</param>
/// <param name="logprobs">Writes log-probabilities.</param>
internal sealed class ResponseEvents(ResponseEventLog? log, ResponseDocument document, LogprobJson logprobs)
{
    private int _next;

    /// <summary>An event that shows the whole response.</summary>
    public void WriteResponse(string type) => Write(type, json =>
    {
        json.WritePropertyName("response"u8);
        document.Write(json);
    });

    public void WriteAdded(int index, ResponseItem item) => Write("response.output_item.added", json =>
    {
        json.WriteNumber("output_index"u8, index);
        json.WritePropertyName("item"u8);
        item.Write(json, logprobs, begun: true);
    });

    public void WriteDone(int index, ResponseItem item) => Write("response.output_item.done", json =>
    {
        json.WriteNumber("output_index"u8, index);
        json.WritePropertyName("item"u8);
        item.Write(json, logprobs);
    });

    /// <summary>The item's part begins or is whole.</summary>
    public void WritePart(int index, ResponseItem item, bool begun)
    {
        if (item.PartType is null) return;
        Write(begun ? "response.content_part.added" : "response.content_part.done", json =>
        {
            WritePlace(json, index, item);
            json.WritePropertyName("part"u8);
            item.WritePart(json, logprobs, begun);
        });
    }

    public void WriteDelta(int index, ResponseItem item, string text, IReadOnlyList<TokenEntry> tokens) => Write(TypeOf(item) + ".delta", json =>
    {
        WritePlace(json, index, item);
        json.WriteString("delta"u8, text);
        if (item.Kind != ResponseItemKind.Message) return;
        json.WritePropertyName("logprobs"u8);
        logprobs.WriteTokens(json, tokens, withBytes: false);
    });

    /// <summary>The item's text or arguments are whole.</summary>
    public void WriteText(int index, ResponseItem item) => Write(TypeOf(item) + ".done", json =>
    {
        WritePlace(json, index, item);
        if (item.Kind == ResponseItemKind.Call)
        {
            json.WriteString("name"u8, item.Name);
            json.WriteString("arguments"u8, item.Text);
            return;
        }
        json.WriteString("text"u8, item.Text);
        if (item.Kind != ResponseItemKind.Message) return;
        json.WritePropertyName("logprobs"u8);
        logprobs.WriteTokens(json, item.Tokens, withBytes: false);
    });

    private static string TypeOf(ResponseItem item) => item.Kind switch
    {
        ResponseItemKind.Call => "response.function_call_arguments",
        ResponseItemKind.Reasoning => "response.reasoning_text",
        _ => "response.output_text",
    };

    private static void WritePlace(Utf8JsonWriter json, int index, ResponseItem item)
    {
        json.WriteString("item_id"u8, item.Id);
        json.WriteNumber("output_index"u8, index);
        if (item.PartType is not null) json.WriteNumber("content_index"u8, 0);
    }

    private void Write(string type, Action<Utf8JsonWriter> body)
    {
        if (log is null) return;
        var frame = new ArrayBufferWriter<byte>();
        frame.Write(Encoding.UTF8.GetBytes($"event: {type}\ndata: "));
        using (var json = new Utf8JsonWriter(frame, JsonResponse.Options))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            json.WriteNumber("sequence_number"u8, _next++);
            body(json);
            json.WriteEndObject();
        }
        frame.Write("\n\n"u8);
        log.Add(frame.WrittenSpan.ToArray());
    }
}
