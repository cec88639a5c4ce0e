using System.Text.Json;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads added tokens, from <c>tokenizer.json</c> or <c>tokenizer_config.json</c>.</summary>
internal static class AddedTokenReader
{
    private const int MostTokens = 262_144;
    private const int MostCharacters = 8 * 1024 * 1024;

    /// <summary>The list <c>added_tokens</c>.</summary>
    /// <param name="list">The list, or null.</param>
    /// <param name="vocabulary">The model's tokens, whose ids count where the two differ.</param>
    public static List<AddedToken> Read(JsonElement? list, Models.Vocabulary vocabulary)
    {
        if (list is not { } tokens)
            return [];
        var read = tokens.EnumerateArray().Select(token => Read(token, token.GetProperty("id").GetInt32())).ToList();
        return Check(read.Select(token => vocabulary.TryGetValue(token.Content, out var id) ? token with { Id = id } : token));
    }

    /// <summary>The object <c>added_tokens_decoder</c>, whose keys are ids.</summary>
    public static List<AddedToken> ReadDecoder(JsonElement? tokens) => tokens is { ValueKind: JsonValueKind.Object } map
        ? Check(map.EnumerateObject().Where(entry => int.TryParse(entry.Name, out _)).Select(entry => Read(entry.Value, int.Parse(entry.Name, System.Globalization.CultureInfo.InvariantCulture))))
        : [];

    private static List<AddedToken> Check(IEnumerable<AddedToken> tokens)
    {
        var list = new List<AddedToken>();
        var characters = 0;
        foreach (var token in tokens)
        {
            characters += token.Content.Length;
            if (list.Count >= MostTokens || characters > MostCharacters)
                throw new ModelTextException($"there are more than {MostTokens} added tokens, or they have more than {MostCharacters} characters together.");
            list.Add(token);
        }

        return list;
    }

    private static AddedToken Read(JsonElement token, int id) => new(
        id is >= 0 and <= TokenizerFile.LargestId ? id : throw new ModelTextException($"the added token id {id} is not between 0 and {TokenizerFile.LargestId}."),
        token.GetProperty("content").Text(),
        token.Flag("single_word"),
        token.Flag("lstrip"),
        token.Flag("rstrip"),
        token.Flag("normalized", otherwise: !token.Flag("special")),
        token.Flag("special"));
}
