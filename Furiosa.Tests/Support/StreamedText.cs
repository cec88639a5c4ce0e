using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>What a client has of a stream at its end.</summary>
/// <param name="Choices">By index: text, ids where they were asked for, log-probabilities where they were asked for, and why it ended.</param>
/// <param name="Error">The error frame; null without one.</param>
internal sealed record StreamedText(IReadOnlyDictionary<int, StreamedChoice> Choices, JToken? Error)
{
    public static StreamedText Join(IEnumerable<JObject> chunks)
    {
        var all = chunks.ToList();
        var choices = all.SelectMany(chunk => chunk["choices"] ?? new JArray()).GroupBy(choice => (int)choice["index"]!);
        return new StreamedText(choices.ToDictionary(group => group.Key, StreamedChoice.Join), all.Select(chunk => chunk["error"]).FirstOrDefault(error => error is not null));
    }

    public override string ToString() => string.Join('\n', Choices.OrderBy(choice => choice.Key).Select(choice => $"{choice.Key}: {choice.Value}")) + Error;
}

/// <summary>One choice of a stream.</summary>
/// <param name="Text">All text.</param>
/// <param name="Ids">Token ids, separated by commas.</param>
/// <param name="Logprobs">Log-probability objects, in order.</param>
/// <param name="Finish">Why it ended, with the stop reason.</param>
internal sealed record StreamedChoice(string Text, string Ids, string Logprobs, string Finish)
{
    public static StreamedChoice Join(IEnumerable<JToken> parts)
    {
        var all = parts.ToList();
        var last = all.Last(part => part["finish_reason"]?.Type is not (null or JTokenType.Null));
        return new StreamedChoice(
            string.Concat(all.Select(part => (string?)(part["text"] ?? part["delta"]?["content"]))),
            string.Join(',', all.SelectMany(part => part["token_ids"] ?? new JArray())),
            string.Concat(all.SelectMany(part => part.SelectTokens("logprobs.content[*]").Concat(part.SelectTokens("logprobs.token_logprobs[*]")))),
            $"{last["finish_reason"]} {last["stop_reason"]}");
    }
}
