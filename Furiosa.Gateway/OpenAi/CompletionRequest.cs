using System.Collections.Immutable;
using Furiosa.Gateway.Hosting;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>One prompt of a completions request.</summary>
/// <param name="Text">Its text; null where it was given as ids and nobody needs the text.</param>
/// <param name="Ids">Its token ids.</param>
internal sealed record Prompt(string? Text, ImmutableArray<int> Ids);

/// <summary>A checked <c>POST /v1/completions</c>.</summary>
/// <param name="Prompts">One or more prompts.</param>
/// <param name="Settings">Everything else.</param>
internal sealed record CompletionRequest(IReadOnlyList<Prompt> Prompts, GenerationSettings Settings)
{
    public const string PromptField = "prompt";
    private const int DefaultMaxTokens = 16;
    private const int MostLogprobs = 20;
    private const int MostPrompts = 1024;

    // Over all prompts: each has state of its own from the first to the last.
    private const int MostSequences = 1024;

    public static CompletionRequest Read(BodyFields fields, ServingModel model)
    {
        var settings = SettingsReader.Read(fields, model, ReadLimits(fields, model));
        CheckSequences(fields, settings);
        var addSpecialTokens = fields.Boolean("add_special_tokens") ?? true;
        return new CompletionRequest(new PromptReader(model, PromptField, addSpecialTokens, settings.Echo, MostPrompts, settings.LeastTokens).Read(fields), settings);
    }

    private static LimitFields ReadLimits(BodyFields fields, ServingModel model)
    {
        var echo = fields.Boolean("echo") ?? false;
        var most = (int?)fields.Integer("max_tokens", 0, int.MaxValue);
        if (most == 0 && !echo) throw ApiException.Invalid("max_tokens", "'max_tokens' is 0, but must be at least 1 unless 'echo' is true.");
        return new LimitFields(most, model.Defaults.MaxNewTokens ?? DefaultMaxTokens, (int?)fields.Integer("logprobs", 0, MostLogprobs), echo);
    }

    private static void CheckSequences(BodyFields fields, GenerationSettings settings)
    {
        if (fields.Find(PromptField) is not JArray { Count: > 1 } list || list[0].Type is JTokenType.Integer || list.Count > MostPrompts) return;
        var width = settings.Beams?.Width ?? settings.SampleCount;
        if ((long)list.Count * width <= MostSequences) return;
        throw ApiException.Invalid(
            settings.WidthField,
            $"{list.Count} prompts with '{settings.WidthField}' {width} are {(long)list.Count * width} choices, but one request may have {MostSequences}: lower '{settings.WidthField}' or send fewer prompts.");
    }
}
