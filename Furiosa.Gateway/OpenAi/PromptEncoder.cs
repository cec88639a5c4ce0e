using System.Collections.Immutable;
using System.Text;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Makes a prompt's token ids and sees that they leave room for an answer.</summary>
internal static class PromptEncoder
{
    // What is tokenized in any case, so that a client is told how many tokens its text has.
    private const int MostCounted = 1 << 20;

    /// <summary>The ids of a prompt that is to be served.</summary>
    /// <param name="model">Makes them.</param>
    /// <param name="text">The prompt.</param>
    /// <param name="addSpecialTokens">Whether the tokenizer puts its own tokens around it.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="answerTokens">Tokens that the request asks for behind it.</param>
    public static ImmutableArray<int> Encode(ServingModel model, string text, bool addSpecialTokens, string field, int answerTokens)
    {
        // Each token stands for so many bytes at most: long hopeless texts are refused before the work of tokenizing them.
        var bytes = Encoding.UTF8.GetByteCount(text);
        var least = bytes / model.LongestTokenBytes;
        if (bytes > MostCounted && least > model.MaxModelLen) throw new ApiException(ApiError.ContextLength(field, model.MaxModelLen, least, answerTokens, atLeast: true));
        return Check(model, [.. model.Tokenizer.Encode(text, addSpecialTokens)], field);
    }

    private static ImmutableArray<int> Check(ServingModel model, ImmutableArray<int> ids, string field)
    {
        // A tokenizer may know added tokens that the model was never given rows for.
        foreach (var id in ids)
        {
            if (id >= model.VocabularySize) throw ApiException.Invalid(field, $"'{field}' holds the token {id}, but the model has only {model.VocabularySize}.");
        }
        return ids;
    }

    /// <summary>How many tokens the answer may have.</summary>
    public static int PlanMaxTokens(ServingModel model, int promptTokens, GenerationSettings settings, string field)
    {
        var room = model.MaxModelLen - promptTokens;
        if (settings.MaxTokens is { } asked)
        {
            return asked <= room ? asked : throw new ApiException(ApiError.ContextLength(field, model.MaxModelLen, promptTokens, asked));
        }
        if (room < 1) throw new ApiException(ApiError.ContextLength(field, model.MaxModelLen, promptTokens, 1));
        return Math.Max(settings.Stops.OwnMinTokens ?? 0, Math.Min(room, settings.DefaultMaxTokens ?? room)) is var planned && planned <= room
            ? planned
            : throw new ApiException(ApiError.ContextLength(field, model.MaxModelLen, promptTokens, planned));
    }
}
