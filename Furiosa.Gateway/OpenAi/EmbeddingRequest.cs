using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.OpenAi;

/// <summary>A checked <c>POST /v1/embeddings</c>.</summary>
/// <param name="Prompts">What vectors are wanted of.</param>
/// <param name="Pooling">How the states of a text's tokens become one vector.</param>
/// <param name="Dimensions">Leading elements that are kept; null for all.</param>
/// <param name="Normalize">Whether vectors are brought to length 1.</param>
/// <param name="Base64">Whether they are written as the base64 of little-endian floats.</param>
internal sealed record EmbeddingRequest(IReadOnlyList<Prompt> Prompts, PromptPooling Pooling, int? Dimensions, bool Normalize, bool Base64)
{
    public const string InputField = "input";
    private const int MostInputs = 2048;

    public static EmbeddingRequest Read(BodyFields fields, ServingModel model)
    {
        SettingsReader.CheckModel(fields, model);
        IgnoredFields.Check(fields);
        var prompts = new PromptReader(model, InputField, fields.Boolean("add_special_tokens") ?? true, needsText: false, MostInputs, answerTokens: 0).Read(fields);
        var keep = (int?)fields.Integer("truncate_prompt_tokens", -1, int.MaxValue);
        if (keep == 0) throw fields.Wrong("truncate_prompt_tokens", 0, "-1 (as long as the model allows) or an integer of at least 1");
        return new EmbeddingRequest(
            [.. prompts.Select(prompt => Fit(prompt, keep == -1 ? model.MaxModelLen : keep, model))],
            ReadPooling(fields) ?? model.Pooling,
            (int?)fields.Integer("dimensions", 1, model.HiddenSize),
            fields.Boolean("normalize") ?? true,
            ReadFormat(fields));
    }

    // The end of a text is kept, as other servers do it.
    private static Prompt Fit(Prompt prompt, int? keep, ServingModel model)
    {
        var ids = keep < prompt.Ids.Length ? prompt.Ids.RemoveRange(0, prompt.Ids.Length - keep.Value) : prompt.Ids;
        return ids.Length <= model.MaxModelLen
            ? prompt with { Ids = ids }
            : throw new ApiException(ApiError.ContextLength(InputField, model.MaxModelLen, ids.Length, 0));
    }

    private static PromptPooling? ReadPooling(BodyFields fields) => fields.Text("pooling") switch
    {
        null => null,
        "mean" => PromptPooling.Mean,
        "last" => PromptPooling.Last,
        _ => throw fields.Wrong("pooling", fields.Find("pooling")!, "\"mean\" or \"last\""),
    };

    private static bool ReadFormat(BodyFields fields) => fields.Text("encoding_format") switch
    {
        null or "float" => false,
        "base64" => true,
        _ => throw fields.Wrong("encoding_format", fields.Find("encoding_format")!, "\"float\" or \"base64\""),
    };
}
