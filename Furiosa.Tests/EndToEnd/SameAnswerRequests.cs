using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>Requests of every kind, and what of their answers must be the same from every server.</summary>
internal static class SameAnswerRequests
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private static readonly string[] Differing = ["id", "created", "cached_tokens"];

    public static IReadOnlyList<(string Name, string Path, JObject Body)> All { get; } =
    [
        Of("greedy", Chat, """{"messages": [{"role": "user", "content": "Tell me a story about a fox."}], "temperature": 0, "max_tokens": 60}"""),
        Of("logprobs", Chat, """{"messages": [{"role": "user", "content": "What is 17 + 25?"}], "logprobs": true, "top_logprobs": 5, "temperature": 0}"""),
        Of("samples", Chat, """{"messages": [{"role": "user", "content": "Tell me a story."}], "n": 3, "seed": 11, "temperature": 1, "max_tokens": 48}"""),
        Of("sample logprobs", Completions, """{"prompt": "Once upon a time", "n": 2, "seed": -5, "temperature": 1, "logprobs": 3, "max_tokens": 32, "ignore_eos": true}"""),
        Of("nucleus", Completions, """{"prompt": ["Once upon", "The capital of", "Once upon"], "seed": 3, "temperature": 1.5, "top_p": 0.9, "top_k": 40, "min_p": 0.01, "max_tokens": 24}"""),
        Of("penalties", Completions, """{"prompt": "1, 2, 3", "seed": 8, "temperature": 0.7, "presence_penalty": 0.5, "frequency_penalty": 0.3, "repetition_penalty": 1.2, "max_tokens": 24}"""),
        Of("beams", Completions, """{"prompt": "Once upon a time", "use_beam_search": true, "best_of": 4, "n": 3, "length_penalty": 1.3, "max_tokens": 20}"""),
        Of("best of", Completions, """{"prompt": "The little", "best_of": 4, "n": 2, "seed": 21, "temperature": 1, "max_tokens": 16}"""),
        Of("echo", Completions, """{"prompt": "Hydrogen is a chemical element", "echo": true, "logprobs": 2, "temperature": 0, "max_tokens": 6}"""),
        Of("scores", Completions, """{"prompt": "Hydrogen is a chemical element", "prompt_logprobs": 3, "seed": 2, "max_tokens": 3}"""),
        Of("vectors", "/v1/embeddings", """{"input": ["Hydrogen is a chemical element", "a"], "encoding_format": "base64"}"""),
        Of("form", Chat, """{"messages": [{"role": "user", "content": "Which cities?"}], "seed": 4, "temperature": 0.8, "max_tokens": 160, "response_format": {"type": "json_schema", "json_schema": {"name": "cities", "schema": {"type": "object", "required": ["cities"], "properties": {"cities": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "object", "required": ["name", "is_capital"], "additionalProperties": false, "properties": {"name": {"type": "string", "maxLength": 12}, "is_capital": {"type": "boolean"}}}}}}}}}"""),
        Of("stop", Chat, """{"messages": [{"role": "user", "content": "Count from 1 to 40."}], "stop": ["17"], "temperature": 0}"""),
        Of("long prompt", Completions, $$"""{"prompt": "{{string.Concat(Enumerable.Range(0, 90).Select(i => $"The number after {i} is {i + 1}. "))}}", "temperature": 0, "logprobs": 1, "max_tokens": 12}"""),
    ];

    /// <summary>Asks one; its answer without ids, times and what the cache held.</summary>
    public static async Task<string> AskAsync(HttpClient http, (string Name, string Path, JObject Body) request)
    {
        var answer = await AnswerAsync(http, request);
        Assert.That(answer, Does.StartWith("200"));
        return $"{request.Name}: {answer}";
    }

    /// <summary>Asks one; status and answer without ids, times and what the cache held.</summary>
    public static async Task<string> AnswerAsync(HttpClient http, (string Name, string Path, JObject Body) request)
    {
        var (status, answer) = await http.PostJsonAsync(request.Path, request.Body);
        foreach (var property in answer.Descendants().OfType<JProperty>().Where(property => Differing.Contains(property.Name)).ToList()) property.Remove();
        return $"{status} {answer}";
    }

    private static (string, string, JObject) Of(string name, string path, string body) => (name, path, JObject.Parse(body));
}
