using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads what chat and completions share; each adds the names that are its own.</summary>
internal static class SettingsReader
{
    private const int MostPromptLogprobs = 20;

    public static GenerationSettings Read(BodyFields fields, ServingModel model, LimitFields limits)
    {
        CheckModel(fields, model);
        UnsupportedFields.Refuse(fields);
        IgnoredFields.Check(fields);
        var stream = ReadStream(fields);
        var choices = ChoiceReader.Read(fields, model.Defaults, stream.Enabled);
        var stops = StopReader.Read(fields, model.Defaults, model.VocabularySize);
        var most = limits.MaxTokens;
        if (stops.OwnMinTokens > most) throw ApiException.Invalid("min_tokens", $"'min_tokens' is {stops.OwnMinTokens}, but must be at most the {most} tokens allowed.");
        var sampling = SamplingReader.Read(fields, model.Defaults, model.VocabularySize);
        var grammar = StructuredOutputReader.Read(fields, model.Grammars, stops, sampling);
        CheckLeast(stops, sampling);
        return new GenerationSettings
        {
            ChoiceCount = choices.Returned,
            SampleCount = choices.Sampled,
            Beams = choices.Beams,
            WidthField = choices.WidthField,
            Sampling = sampling,
            MaxTokens = most,
            DefaultMaxTokens = limits.DefaultMaxTokens,
            Stops = stops,
            Grammar = grammar,
            TopLogprobs = limits.TopLogprobs,
            PromptLogprobs = ReadPromptLogprobs(fields, stream.Enabled, model.VocabularySize),
            Echo = limits.Echo,
            ReturnTokenIds = fields.Boolean("return_token_ids") ?? false,
            TokensAsIds = fields.Boolean("return_tokens_as_token_ids") ?? false,
            Stream = stream,
            Priority = (int)(fields.Integer("priority", int.MinValue, int.MaxValue) ?? 0),
        };
    }

    /// <summary>Refuses a model of another name, where the server is set to.</summary>
    public static void CheckModel(BodyFields fields, ServingModel model)
    {
        var asked = fields.Text("model");
        if (model.RefuseUnknownNames && !string.IsNullOrEmpty(asked) && asked != model.Name && asked != "EMPTY")
            throw new ApiException(ApiError.ModelNotFound(asked, model.Name));
    }

    private static void CheckLeast(StopSettings stops, SamplingParameters sampling)
    {
        if (stops.OwnMinTokens is not > 0 || sampling.AllowedTokenIds is not { } allowed || !allowed.All(id => stops.TokenIds.Contains(id))) return;
        throw ApiException.Invalid("min_tokens", "'min_tokens' cannot be combined with 'allowed_token_ids' of nothing but tokens that end the answer: leave one of them out.");
    }

    private static int? ReadPromptLogprobs(BodyFields fields, bool streamed, int vocabularySize)
    {
        var count = (int?)fields.Integer("prompt_logprobs", -1, MostPromptLogprobs);
        if (count is not null && streamed)
            throw ApiException.Invalid("prompt_logprobs", "'prompt_logprobs' cannot be combined with 'stream': true, for a stream has no place for them. Send one of the two.");
        return count == -1 ? vocabularySize : count;
    }

    private static StreamSettings ReadStream(BodyFields fields)
    {
        var enabled = fields.Boolean("stream") ?? false;
        if (fields.Object("stream_options") is not { } options) return new StreamSettings(enabled, false, false);
        if (!enabled) throw ApiException.Invalid("stream_options", "'stream_options' can only be sent with 'stream': true.");
        return new StreamSettings(true, options.Boolean("include_usage") ?? true, options.Boolean("continuous_usage_stats") ?? false);
    }
}

/// <summary>The fields that chat and completions spell differently.</summary>
/// <param name="MaxTokens">The request's limit on new tokens.</param>
/// <param name="DefaultMaxTokens">The limit where the request is silent; null for the rest of the context.</param>
/// <param name="TopLogprobs">Alternatives with each token's log-probability; null for none.</param>
/// <param name="Echo">Whether the text begins with the prompt.</param>
internal readonly record struct LimitFields(int? MaxTokens, int? DefaultMaxTokens, int? TopLogprobs, bool Echo);
