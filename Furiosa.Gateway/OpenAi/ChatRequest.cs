using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary>A checked <c>POST /v1/chat/completions</c>.</summary>
/// <param name="Prompt">The rendered prompt.</param>
/// <param name="Settings">Everything else.</param>
/// <param name="Tools">What the model may call.</param>
/// <param name="AddSpecialTokens">Whether the tokenizer puts its own tokens around the prompt; templates usually write them themselves.</param>
/// <param name="IncludeReasoning">Whether reasoning that is told from the answer is shown.</param>
internal sealed record ChatRequest(string Prompt, GenerationSettings Settings, ToolsRequest Tools, bool AddSpecialTokens, bool IncludeReasoning)
{
    private const int MostTopLogprobs = 20;

    public static ChatRequest Read(BodyFields fields, ServingModel model)
    {
        var settings = SettingsReader.Read(fields, model, ReadLimits(fields, model));
        var tools = ReadTools(fields, model);
        var prompt = ChatPrompt.Render(fields, MessagesReader.Read(fields, model.ContentFormat), tools.ForTemplate, model);
        var reasoning = model.ReasoningParser;
        var form = CallForm.For(model.ToolCallParser, ReasoningParsers.IsPrimed(reasoning, prompt));
        var grammar = AnswerGrammar.Make(tools, settings.Grammar, form, reasoning, ReasoningParsers.StartOf(reasoning, prompt), model.Grammars);
        if (grammar is not null && settings.Grammar is null)
        {
            var field = !tools.IsForced ? "tools" : tools.Legacy ? "function_call" : "tool_choice";
            StructuredOutputReader.CheckEnd(fields, settings.Stops, field);
            SamplingReader.RefuseWithGrammar(settings.Sampling, field);
        }

        settings = settings with { Grammar = grammar, ParsedTokens = MessageParsers.SpecialMarks(model, tools) };
        return new ChatRequest(prompt, settings, tools, fields.Boolean("add_special_tokens") ?? false, fields.Boolean("include_reasoning") ?? true);
    }

    private static ToolsRequest ReadTools(BodyFields fields, ServingModel model)
    {
        var tools = ToolsRequestReader.Read(fields.Values);
        if (tools.Choice.Kind != ToolChoiceKind.Auto || model is { AutoToolChoice: true, ToolCallParser: not null }) return tools;
        var field = tools.Legacy ? "function_call" : "tool_choice";
        throw ApiException.Invalid(
            field, $"'{field}' is \"auto\", which this server does not serve: it must be started with --enable-auto-tool-choice and a --tool-call-parser that fits the model.");
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
