using System.Collections.Frozen;
using System.Globalization;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>The fields of a chat request that are no business of a template's. All others are variables where a prompt is rendered by itself.</summary>
internal static class ChatFields
{
    private static readonly FrozenSet<string> Known = new[]
    {
        "model", "now", "chat_template", "chat_template_kwargs", "continue_final_message", "add_special_tokens",
        "stream", "stream_options", "temperature", "top_p", "top_k", "min_p", "n", "best_of", "use_beam_search", "length_penalty",
        "early_stopping", "seed", "stop", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens", "max_tokens",
        "max_completion_tokens", "repetition_penalty", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs",
        "prompt_logprobs", "echo", "bad_words", "allowed_token_ids", "logits_processors", "skip_special_tokens", "spaces_between_special_tokens", "return_token_ids", "return_tokens_as_token_ids",
        "response_format", "guided_json", "guided_regex", "guided_choice", "guided_grammar", "guided_decoding_backend", "structured_outputs",
        "tool_choice", "parallel_tool_calls", "function_call", "user", "store", "metadata", "service_tier", "modalities", "priority",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Gives a template every member of a request that is no field of the API.</summary>
    public static void AddVariables(JObject request, JObject variables)
    {
        foreach (var property in request.Properties())
        {
            if (!Known.Contains(property.Name) && !variables.ContainsKey(property.Name)) variables[property.Name] = property.Value;
        }
    }

    /// <summary>The clock that <c>now</c> sets, an ISO time whose wall clock is shown as it is written; null where the field is absent.</summary>
    public static TimeProvider? ReadClock(BodyFields request)
    {
        if (request.Text("now") is not { } text) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new StoppedClock(time)
            : throw request.Wrong("now", text, "an ISO time such as 2026-01-31T12:30:05");
    }

    private sealed class StoppedClock(DateTimeOffset time) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("now", time.Offset, null, null);

        public override DateTimeOffset GetUtcNow() => time.ToUniversalTime();
    }
}
