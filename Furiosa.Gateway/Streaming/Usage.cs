using System.Text.Json;

namespace Furiosa.Gateway.Streaming;

/// <summary>Token counts of an answer.</summary>
/// <param name="Prompt">Tokens of all prompts.</param>
/// <param name="Completion">Tokens of all choices returned.</param>
/// <param name="Cached">Prompt tokens that the prefix cache held.</param>
internal readonly record struct Usage(int Prompt, int Completion, int Cached)
{
    /// <summary>Completion tokens that were reasoning; null where nobody tells them apart.</summary>
    public int? Reasoning { get; init; }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens"u8, Prompt);
        json.WriteNumber("completion_tokens"u8, Completion);
        json.WriteNumber("total_tokens"u8, Prompt + Completion);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, Cached);
        json.WriteEndObject();
        if (Reasoning is { } reasoning)
        {
            json.WriteStartObject("completion_tokens_details"u8);
            json.WriteNumber("reasoning_tokens"u8, reasoning);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
