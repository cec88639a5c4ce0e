using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>Streams of every kind, long enough to be disturbed, and their undisturbed answers.</summary>
internal static class StreamMix
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";

    public static IReadOnlyList<(string Name, string Path, JObject Body)> All { get; } =
    [
        Of("greedy", Completions, """{"prompt": "Once upon a time", "temperature": 0, "max_tokens": 250, "ignore_eos": true, "return_token_ids": true}"""),
        Of("seeded", Completions, """{"prompt": "The river", "temperature": 1, "seed": 5, "logprobs": 2, "max_tokens": 250, "ignore_eos": true, "return_token_ids": true}"""),
        Of("n", Completions, """{"prompt": "A cat", "temperature": 0.9, "seed": 11, "n": 2, "repetition_penalty": 1.1, "max_tokens": 200, "ignore_eos": true, "return_token_ids": true}"""),
        Of("structured", Chat, """{"messages": [{"role": "user", "content": "Describe a person."}], "temperature": 1, "seed": 3, "max_tokens": 200, "response_format": {"type": "json_schema", "json_schema": {"name": "person", "schema": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 60}, "tags": {"type": "array", "items": {"type": "string", "maxLength": 30}, "minItems": 5, "maxItems": 9}}, "required": ["name", "tags"], "additionalProperties": false}}}}"""),
        Of("tools", Chat, """{"messages": [{"role": "user", "content": "What is the weather in Paris?"}], "temperature": 1, "seed": 8, "max_tokens": 200, "tool_choice": "required", "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city", "days"]}}}]}"""),
        Of("beams", Completions, """{"prompt": "The moon", "use_beam_search": true, "best_of": 3, "n": 2, "max_tokens": 60, "ignore_eos": true}"""),
        Of("stop", Completions, """{"prompt": "1, 2, 3, 4", "temperature": 0.8, "seed": 21, "stop": ["\n\n\n", "zzz"], "max_tokens": 250, "ignore_eos": true}"""),
    ];

    /// <summary>Runs a stream to its end: all that a client has of it, with its calls.</summary>
    /// <param name="http">The server.</param>
    /// <param name="request">The request.</param>
    /// <param name="begun">Called with the first frame; at once for beams, of which nothing is shown before their end.</param>
    public static async Task<string> RunAsync(HttpClient http, (string Name, string Path, JObject Body) request, Action? begun = null)
    {
        if (request.Body["use_beam_search"] is not null)
        {
            begun?.Invoke();
            var (_, answer) = await http.PostJsonAsync(request.Path, request.Body);
            return $"{request.Name}: {answer["choices"] ?? answer["error"]}";
        }
        using var stream = await http.OpenStreamAsync(request.Path, request.Body);
        var frames = new List<string>();
        while (await stream.NextAsync() is { } frame)
        {
            if (frames.Count == 0) begun?.Invoke();
            frames.Add(frame);
        }
        if (frames.Count(frame => frame == "[DONE]") != 1 || frames[^1] != "[DONE]") return $"{request.Name}: broken after {frames.Count} frames: {frames.LastOrDefault()}";
        var chunks = frames.SkipLast(1).Select(JObject.Parse).ToList();
        var calls = string.Concat(chunks.SelectMany(chunk => chunk.SelectTokens("choices[*].delta.tool_calls[*].function")).Select(call => $"{call["name"]}{call["arguments"]}"));
        return chunks.Find(chunk => chunk["error"] is not null) is { } error ? $"{request.Name}: {error}" : $"{request.Name}: {StreamedText.Join(chunks)} {calls}";
    }

    private static (string, string, JObject) Of(string name, string path, string body) => (name, path, JObject.Parse(body));
}
