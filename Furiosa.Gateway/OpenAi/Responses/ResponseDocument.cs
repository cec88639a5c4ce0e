using System.Text.Json;
using Furiosa.Gateway.Streaming;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>The response object: what was asked, and what has come of it so far. Not thread-safe.</summary>
internal sealed class ResponseDocument
{
    public required string Id { get; init; }

    public required long CreatedAt { get; init; }

    public required string Model { get; init; }

    /// <summary>The request's fields as they are shown again.</summary>
    public required JObject Echo { get; init; }

    public required LogprobJson Logprobs { get; init; }

    /// <summary><c>queued</c>, <c>in_progress</c>, <c>completed</c>, <c>incomplete</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public string Status { get; set; } = "in_progress";

    public long? CompletedAt { get; set; }

    public List<ResponseItem> Output { get; } = [];

    /// <summary>Null until the end.</summary>
    public Usage? Usage { get; set; }

    /// <summary>What it failed of.</summary>
    public ApiError? Error { get; set; }

    /// <summary>Whether nothing will change any more.</summary>
    public bool IsOver => Status is not ("queued" or "in_progress");

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, CreatedAt);
        json.WriteString("status"u8, Status);
        json.WritePropertyName("completed_at"u8);
        if (CompletedAt is { } time) json.WriteNumberValue(time);
        else json.WriteNullValue();
        WriteError(json);
        WriteIncomplete(json);
        json.WriteString("model"u8, Model);
        json.WriteStartArray("output"u8);
        foreach (var item in Output) item.Write(json, Logprobs);
        json.WriteEndArray();
        foreach (var property in Echo.Properties())
        {
            json.WritePropertyName(property.Name);
            json.WriteRawValue(property.Value.ToString(Formatting.None), skipInputValidation: true);
        }
        WriteUsage(json);
        json.WriteEndObject();
    }

    private void WriteError(Utf8JsonWriter json)
    {
        if (Error is null)
        {
            json.WriteNull("error"u8);
            return;
        }
        json.WriteStartObject("error"u8);
        json.WriteString("code"u8, "server_error"u8);
        json.WriteString("message"u8, Error.Message);
        json.WriteEndObject();
    }

    private void WriteIncomplete(Utf8JsonWriter json)
    {
        if (Status != "incomplete")
        {
            json.WriteNull("incomplete_details"u8);
            return;
        }
        json.WriteStartObject("incomplete_details"u8);
        json.WriteString("reason"u8, "max_output_tokens"u8);
        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json)
    {
        if (Usage is not { } usage)
        {
            json.WriteNull("usage"u8);
            return;
        }
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.Prompt);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.Cached);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, usage.Completion);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning ?? 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, usage.Prompt + usage.Completion);
        json.WriteEndObject();
    }
}
