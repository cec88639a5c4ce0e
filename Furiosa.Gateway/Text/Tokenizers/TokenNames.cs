using System.Text.Json;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>The roles that a model gives to tokens, from <c>tokenizer_config.json</c> or, where that is silent, <c>special_tokens_map.json</c>.</summary>
internal sealed record TokenNames(string? Bos, string? Eos, string? Pad, string? Unk)
{
    public static TokenNames Load(string modelDirectory)
    {
        var config = ModelJson.LoadOptional(modelDirectory, "tokenizer_config.json");
        var map = ModelJson.LoadOptional(modelDirectory, "special_tokens_map.json");
        return new TokenNames(Name("bos_token"), Name("eos_token"), Name("pad_token"), Name("unk_token"));

        string? Name(string key) => Read(config?.Optional(key)) ?? Read(map?.Optional(key));
    }

    // A token is its text, or an object (an added token written out) whose "content" is.
    private static string? Read(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Object } token => Read(token.Optional("content")),
        _ => null,
    };
}
