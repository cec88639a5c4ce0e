using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Fields that OpenAI-compatible servers know and this one does not honour: a value that matters is refused by name.</summary>
internal static class UnsupportedFields
{
    // Other servers' fields are here where leaving them out would quietly give another answer.
    private static readonly string[] Unsupported =
    [
        "suffix", "audio", "prediction", "web_search_options", "truncate_prompt_tokens", "logits_processors", "chat_template", "prompt_embeds",
        "cache_salt", "kv_transfer_params", "mm_processor_kwargs", "vllm_xargs", "thinking_token_budget", "detokenize",
        "typical_p", "repeat_penalty", "mirostat", "dry_multiplier", "xtc_probability", "dynatemp_range", "top_n_sigma", "n_predict",
    ];

    public static void Refuse(BodyFields fields)
    {
        foreach (var name in Unsupported)
        {
            if (fields.Find(name) is { } value && Matters(name, value)) throw new ApiException(ApiError.Unsupported(name, RemedyFor(name)));
        }
        if (fields.List("modalities") is { } modalities && !(modalities.Count == 1 && modalities[0].Type == JTokenType.String && (string)modalities[0]! == "text"))
            throw new ApiException(ApiError.Unsupported("modalities", "leave it out or send [\"text\"]."));
    }

    private static string RemedyFor(string name) => name switch
    {
        "repeat_penalty" => "it is 'repetition_penalty' here.",
        "n_predict" => "it is 'max_tokens' here.",
        _ => "leave it out.",
    };

    // Whether a value asks for anything but what happens anyway.
    private static bool Matters(string name, JToken value) => name switch
    {
        "web_search_options" => true,
        "detokenize" => value is not JValue { Value: true },
        "typical_p" or "repeat_penalty" => !Is(value, 1),
        "mirostat" or "dry_multiplier" or "xtc_probability" or "dynatemp_range" => !Is(value, 0),
        "top_n_sigma" or "n_predict" => !Is(value, -1),
        _ => value switch
        {
            JContainer container => container.Count > 0,
            { Type: JTokenType.String } => (string)value! is not ("" or "none"),
            { Type: JTokenType.Boolean } => (bool)value,
            _ => true,
        },
    };

    private static bool Is(JToken value, double number) => value.Type is JTokenType.Integer or JTokenType.Float && value.ToObject<double>() == number;
}
