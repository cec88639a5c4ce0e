using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Fields that OpenAI-compatible servers know and this one does not honour: a value that matters is refused by name.</summary>
internal static class UnsupportedFields
{
    private static readonly string[] Unsupported =
    [
        "guided_structural_tag",
        "suffix", "audio", "prediction", "web_search_options", "truncate_prompt_tokens", "logits_processors",
        "chat_template", "prompt_embeds",
    ];

    public static void Refuse(BodyFields fields)
    {
        foreach (var name in Unsupported)
        {
            if (fields.Find(name) is { } value && Matters(value)) throw new ApiException(ApiError.Unsupported(name, "leave it out."));
        }
        if (fields.List("modalities") is { } modalities && !(modalities.Count == 1 && modalities[0].Type == JTokenType.String && (string)modalities[0]! == "text"))
            throw new ApiException(ApiError.Unsupported("modalities", "leave it out or send [\"text\"]."));
    }

    private static bool Matters(JToken value) => value switch
    {
        JContainer container => container.Count > 0,
        { Type: JTokenType.String } => (string)value! is not ("" or "none"),
        { Type: JTokenType.Boolean } => (bool)value,
        _ => true,
    };
}
