using System.Text.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>The roles that a model gives to tokens, from <c>tokenizer_config.json</c> or, where that is silent, <c>special_tokens_map.json</c>.</summary>
/// <param name="Bos">Begins a text.</param>
/// <param name="Eos">Ends it.</param>
/// <param name="Pad">Fills a batch's shorter texts.</param>
/// <param name="Unk">Stands for unknown text.</param>
internal sealed record TokenNames(string? Bos, string? Eos, string? Pad, string? Unk)
{
    private static readonly string[] Others = ["sep_token", "cls_token", "mask_token"];

    private readonly List<KeyValuePair<string, JToken>> _others = [];

    public static TokenNames Load(string modelDirectory)
    {
        var config = ModelJson.LoadOptional(modelDirectory, "tokenizer_config.json");
        var map = ModelJson.LoadOptional(modelDirectory, "special_tokens_map.json");
        var names = new TokenNames(Name("bos_token"), Name("eos_token"), Name("pad_token"), Name("unk_token"));
        foreach (var key in Others)
        {
            if (Name(key) is { } text) names._others.Add(new(key, text));
        }

        // What a model names beyond the usual roles, such as Gemma 3's image_token.
        if ((config?.Optional("extra_special_tokens") ?? config?.Optional("model_specific_special_tokens")) is { ValueKind: JsonValueKind.Object } extra)
            names._others.AddRange(extra.EnumerateObject().Where(entry => Read(entry.Value) != null).Select(entry => new KeyValuePair<string, JToken>(entry.Name, Read(entry.Value)!)));
        if ((config?.Optional("additional_special_tokens") ?? map?.Optional("additional_special_tokens")) is { ValueKind: JsonValueKind.Array } more)
            names._others.Add(new("additional_special_tokens", new JArray(more.EnumerateArray().Select(token => Read(token)).OfType<string>())));
        return names;

        string? Name(string key) => Read(config?.Optional(key)) ?? Read(map?.Optional(key));
    }

    /// <summary>Gives a template the names that the model has; those that it lacks stay undefined, as in Hugging Face's <c>apply_chat_template</c>.</summary>
    public void AddTo(JObject variables)
    {
        foreach (var (key, value) in (ReadOnlySpan<(string, string?)>)[("bos_token", Bos), ("eos_token", Eos), ("pad_token", Pad), ("unk_token", Unk)])
        {
            if (value != null) variables[key] = value;
        }

        foreach (var (key, value) in _others)
            variables[key] = value;
    }

    // A token is its text, or an object (an added token written out) whose "content" is.
    private static string? Read(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Object } token => Read(token.Optional("content")),
        _ => null,
    };
}
