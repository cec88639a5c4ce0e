using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary>A checked <c>POST /v1/chat/completions</c>.</summary>
/// <param name="Prompt">The rendered prompt.</param>
/// <param name="Settings">Everything else.</param>
/// <param name="Tools">What the model may call.</param>
/// <param name="AddSpecialTokens">Whether the tokenizer puts its own tokens around the prompt; templates usually write them themselves.</param>
internal sealed record ChatRequest(string Prompt, GenerationSettings Settings, ToolsRequest Tools, bool AddSpecialTokens)
{
    private const int MostTopLogprobs = 20;

    public static ChatRequest Read(BodyFields fields, ServingModel model)
    {
        var settings = SettingsReader.Read(fields, model, ReadLimits(fields, model));
        var tools = ReadTools(fields, model);
        if (settings.Grammar is not null && tools.MayCall)
            throw ApiException.Invalid("tool_choice", "Tools cannot be called in an answer that follows a schema or grammar: send 'tool_choice': \"none\", or leave the schema or grammar out.");
        settings = tools switch
        {
            { IsForced: true } => Force(fields, settings, tools, model),
            { MayCall: true } => settings with { ParsesSpecialTokens = ToolCallParsers.NeedsSpecialTokens(model.ToolCallParser!) },
            _ => settings,
        };
        var addSpecialTokens = fields.Boolean("add_special_tokens") ?? false;
        return new ChatRequest(ChatPrompt.Render(fields, MessagesReader.Read(fields, model.ContentFormat), tools.ForTemplate, model), settings, tools, addSpecialTokens);
    }

    private static ToolsRequest ReadTools(BodyFields fields, ServingModel model)
    {
        var tools = ToolsRequestReader.Read(fields.Values);
        if (tools.Choice.Kind != ToolChoiceKind.Auto || model is { AutoToolChoice: true, ToolCallParser: not null }) return tools;
        var field = tools.Legacy ? "function_call" : "tool_choice";
        throw ApiException.Invalid(
            field, $"'{field}' is \"auto\", which this server does not serve: it must be started with --enable-auto-tool-choice and a --tool-call-parser that fits the model.");
    }

    private static GenerationSettings Force(BodyFields fields, GenerationSettings settings, ToolsRequest tools, ServingModel model)
    {
        StructuredOutputReader.CheckEnd(fields, settings.Stops, tools.Legacy ? "function_call" : "tool_choice");
        SamplingReader.RefuseWithGrammar(settings.Sampling, tools.Legacy ? "function_call" : "tool_choice");
        return settings with { Grammar = ForcedCallGrammar.Make(tools, CallForm.For(model.ToolCallParser), model.Grammars) };
    }

    private static LimitFields ReadLimits(BodyFields fields, ServingModel model)
    {
        var old = (int?)fields.Integer("max_tokens", 1, int.MaxValue);
        var most = (int?)fields.Integer("max_completion_tokens", 1, int.MaxValue) ?? old;
        var wanted = fields.Boolean("logprobs") ?? false;
        var top = (int?)fields.Integer("top_logprobs", 0, MostTopLogprobs);
        if (top is not null && !wanted) throw ApiException.Invalid("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
        if (fields.Boolean("echo") == true) throw new ApiException(ApiError.Unsupported("echo", "only /v1/completions echoes its prompt; leave it out."));
        return new LimitFields(most, model.Defaults.MaxNewTokens, wanted ? top ?? 0 : null, Echo: false);
    }
}
