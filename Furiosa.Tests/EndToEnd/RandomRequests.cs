using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>Requests drawn from most of what can be asked for, in many combinations, some of which are refused. The same seed gives the same ones.</summary>
internal sealed class RandomRequests
{
    private static readonly string[] Words =
        "Once upon a time there was a little girl who liked to play in the park with her dog. The capital of France is Paris, two plus three equals five; {\"name\": \"Tom\", \"age\": 5}".Split(' ');

    private readonly int _seed;
    private readonly Random _random;

    // Many requests begin with one of them; the last has several hundred tokens.
    private readonly string[] _shared;

    public RandomRequests(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _shared = [Text(60), Text(150), Text(420)];
    }

    /// <summary>Draws some.</summary>
    public IReadOnlyList<(string Name, string Path, JObject Body)> Take(int count) => [.. Enumerable.Range(0, count).Select(i => Draw($"seed {_seed}, {i}"))];

    private (string, string, JObject) Draw(string name) => _random.Next(16) switch
    {
        < 8 => (name, "/v1/completions", Completion()),
        8 => (name, "/v1/completions", Beams()),
        9 => (name, "/v1/embeddings", new JObject { ["input"] = new JArray(Text(20), Of(_shared)), ["pooling"] = Of("mean", "last") }),
        _ => (name, "/v1/chat/completions", Chat()),
    };

    private JObject Completion()
    {
        var body = Sampled(new JObject { ["prompt"] = Prompt() });
        if (Chance(15)) body["echo"] = true;
        if (Chance(10)) body["prompt_logprobs"] = _random.Next(4);
        if (Chance(30)) body["logprobs"] = _random.Next(8);
        if (Chance(10)) body["best_of"] = 4;
        return body;
    }

    private JObject Beams() => new()
    {
        ["prompt"] = Text(_random.Next(2, 60)), ["use_beam_search"] = true, ["n"] = _random.Next(2, 5), ["max_tokens"] = _random.Next(2, 40), ["length_penalty"] = Of(0.5, 1.0, 2.0),
        ["early_stopping"] = Of<JToken>(true, false, "never"),
    };

    private JObject Chat()
    {
        var messages = new JArray();
        if (Chance(40)) messages.Add(new JObject { ["role"] = "system", ["content"] = _shared[0] });
        for (var turn = _random.Next(3); turn > 0; turn--)
        {
            messages.Add(new JObject { ["role"] = "user", ["content"] = Text(20) });
            messages.Add(new JObject { ["role"] = "assistant", ["content"] = Text(20) });
        }
        messages.Add(new JObject { ["role"] = "user", ["content"] = Of("What is the capital of France?", "Write a story about a dog.", Text(30)) });
        var body = Sampled(new JObject { ["messages"] = messages });
        if (Chance(30)) (body["logprobs"], body["top_logprobs"]) = (true, _random.Next(8));
        if (Chance(15))
        {
            body["tools"] = JArray.Parse("""[{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"city": {"type": "string", "maxLength": 10}}, "required": ["city"]}}}]""");
            body["tool_choice"] = Of("auto", "required", "none");
        }
        return body;
    }

    private JObject Sampled(JObject body)
    {
        body["max_tokens"] = _random.Next(1, 90);
        body["temperature"] = Of(0, 0.3, 0.7, 1, 1.5);
        body["seed"] = _random.Next();
        if (Chance(30)) body["top_p"] = Of(0.5, 0.9, 0.95);
        if (Chance(30)) body["top_k"] = Of(1, 5, 40, 200);
        if (Chance(20)) body["min_p"] = Of(0.05, 0.2);
        if (Chance(20)) body["repetition_penalty"] = Of(0.9, 1.1, 1.3);
        if (Chance(20)) body["presence_penalty"] = Of(-1, 0.5);
        if (Chance(20)) body["frequency_penalty"] = Of(-0.5, 1);
        if (Chance(15)) body["logit_bias"] = new JObject { [$"{Token()}"] = Of(-100, 2.5, 5) };
        if (Chance(25)) body["stop"] = new JArray(Of(".", "the", "\n", "a little girl"));
        if (Chance(10)) body["include_stop_str_in_output"] = true;
        if (Chance(10)) body["stop_token_ids"] = new JArray(Token());
        if (Chance(25)) body["n"] = _random.Next(2, 5);
        if (Chance(20)) body["return_token_ids"] = true;
        if (Chance(20)) Restrict(body);
        else if (Chance(30)) Lengthen(body);
        return body;
    }

    private void Restrict(JObject body)
    {
        if (Chance(40)) body["response_format"] = JObject.Parse("""{"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 120}}, "required": ["name", "age"], "additionalProperties": false}}}""");
        else if (Chance(50)) body["structured_outputs"] = new JObject { ["regex"] = Of("[a-c]{2,9}", "(yes|no|maybe) [0-9]+", "[A-Z][a-z]* said: .{0,40}") };
        else body["structured_outputs"] = new JObject { ["choice"] = new JArray("red ball", "green tree", "Paris") };
    }

    private void Lengthen(JObject body)
    {
        if (Chance(50)) body["min_tokens"] = _random.Next(1, 20);
        else body["ignore_eos"] = true;
        if (Chance(30)) body["bad_words"] = new JArray(Of("the", "girl", "dog and"));
    }

    private JToken Prompt() => _random.Next(5) switch
    {
        0 => Text(_random.Next(1, 12)),
        1 => $"{Of(_shared)} {Text(_random.Next(5))}",
        2 => new JArray(Enumerable.Range(0, _random.Next(1, 40)).Select(_ => Token())),
        3 => new JArray(Text(5), Text(9), Of(_shared)),
        _ => Text(_random.Next(20, 200)),
    };

    private string Text(int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Of(Words)));

    private int Token() => _random.Next(10, 3000);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Of<T>(params T[] values) => values[_random.Next(values.Length)];
}
