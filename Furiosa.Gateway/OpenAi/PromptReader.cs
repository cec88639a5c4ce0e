using System.Collections.Immutable;
using Furiosa.Gateway.Hosting;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads prompts in the four forms that the API knows: a string, a list of strings, a list of token ids, a list of such lists.</summary>
/// <param name="model">Makes ids of text.</param>
/// <param name="field">Where the prompts stand.</param>
/// <param name="addSpecialTokens">Whether the tokenizer puts its own tokens around a text.</param>
/// <param name="needsText">Whether the text of prompts given as ids is wanted.</param>
/// <param name="most">Most prompts.</param>
/// <param name="answerTokens">Tokens that are asked for behind each.</param>
internal sealed class PromptReader(ServingModel model, string field, bool addSpecialTokens, bool needsText, int most, int answerTokens)
{
    /// <exception cref="ApiException">There is no prompt, or one is none.</exception>
    public IReadOnlyList<Prompt> Read(BodyFields fields)
    {
        switch (fields.Find(field))
        {
            case { Type: JTokenType.String } value: return [Encode((string)value!, field)];
            case JArray { Count: > 0 } list when list[0].Type is JTokenType.Integer: return [ReadIds(list, field)];
            case JArray list when list.Count > most: throw ApiException.Invalid(field, $"'{field}' has {list.Count} entries, but may have {most}.");
            case JArray { Count: > 0 } list: return [.. list.Select((value, i) => ReadOne(value, $"{field}[{i}]"))];
            case null: throw ApiException.Invalid(field, $"'{field}' is missing; it must be a string, a list of strings, a list of token ids or a list of such lists.");
            case var value: throw fields.Wrong(field, value, "a string, a list of strings, a list of token ids or a list of such lists, and not empty");
        }
    }

    private Prompt ReadOne(JToken value, string path) => value switch
    {
        { Type: JTokenType.String } => Encode((string)value!, path),
        JArray { Count: > 0 } ids => ReadIds(ids, path),
        _ => throw BodyFields.WrongAt(path, value, "a string or a list of token ids, and not empty"),
    };

    private Prompt Encode(string text, string path)
    {
        if (text.Length == 0) throw ApiException.Invalid(path, $"'{path}' is empty: it needs at least one character.");
        var ids = PromptEncoder.Encode(model, text, addSpecialTokens, field, answerTokens);
        return ids.Length > 0 ? new Prompt(text, ids) : throw ApiException.Invalid(path, $"'{path}' has no tokens: it needs at least one.");
    }

    private Prompt ReadIds(JArray list, string path)
    {
        if (list.Count > model.MaxModelLen) throw new ApiException(ApiError.ContextLength(field, model.MaxModelLen, list.Count, answerTokens));
        ImmutableArray<int> ids = [.. list.Select((value, i) => (int)BodyFields.ReadInteger($"{path}[{i}]", value, 0, model.VocabularySize - 1))];
        return new Prompt(needsText ? model.Tokenizer.Decode(ids.AsSpan(), skipSpecialTokens: false) : null, ids);
    }
}
