using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>A checked <c>POST /v1/chat/completions</c>.</summary>
/// <param name="Prompt">The rendered prompt.</param>
/// <param name="Settings">Everything else.</param>
/// <param name="Tools">What the model may call.</param>
internal sealed record ChatRequest(string Prompt, GenerationSettings Settings, ToolsRequest Tools)
{
    private const int MostTopLogprobs = 20;

    public static ChatRequest Read(BodyFields fields, ServingModel model)
    {
        var settings = SettingsReader.Read(fields, model, ReadLimits(fields, model));
        var tools = ToolsReader.Read(fields, model);
        if (settings.Grammar is not null && tools.MayCall)
            throw ApiException.Invalid("tool_choice", "Tools cannot be called in an answer that follows a schema or grammar: send 'tool_choice': \"none\", or leave the schema or grammar out.");
        settings = tools switch
        {
            { IsForced: true } => Force(fields, settings, tools, model),
            { MayCall: true } => settings with { ParsesSpecialTokens = ToolCallParsers.NeedsSpecialTokens(model.ToolCallParser!) },
            _ => settings,
        };
        return new ChatRequest(Render(fields, MessagesReader.Read(fields), tools.ForTemplate, model), settings, tools);
    }

    private static GenerationSettings Force(BodyFields fields, GenerationSettings settings, ToolsRequest tools, ServingModel model)
    {
        StructuredOutputReader.CheckEnd(fields, settings.Stops, tools.Legacy ? "function_call" : "tool_choice");
        return settings with { Grammar = ForcedCallGrammar.Make(tools, CallForm.For(model.ToolCallParser), model.Grammars) };
    }

    /// <summary>The prompt that the model's template makes of the messages.</summary>
    public static string Render(BodyFields fields, JArray messages, JArray? tools, ServingModel model)
    {
        var template = model.Template
            ?? throw ApiException.Invalid("messages", "This model has no chat template: start the server with --chat-template FILE, or use /v1/completions.");
        var variables = new JObject
        {
            ["messages"] = messages,
            ["add_generation_prompt"] = fields.Boolean("add_generation_prompt") ?? true,
            ["bos_token"] = model.Tokenizer.BosToken ?? "",
            ["eos_token"] = model.Tokenizer.EosToken ?? "",
            ["pad_token"] = model.Tokenizer.PadToken ?? "",
            ["unk_token"] = model.Tokenizer.UnkToken ?? "",
            ["tools"] = tools is null ? JValue.CreateNull() : tools,
        };
        if (fields.List("documents") is { } documents) variables["documents"] = documents;
        if (fields.Text("reasoning_effort") is { } effort) variables["reasoning_effort"] = effort;
        foreach (var property in fields.Object("chat_template_kwargs")?.Values.Properties() ?? [])
        {
            if (property.Name is not ("messages" or "tools")) variables[property.Name] = property.Value;
        }
        try
        {
            return template.Render(variables);
        }
        catch (ChatTemplateException) when (ToolHistory.WriteArgumentsAsText(messages))
        {
            // Most templates want a call's arguments as an object; some put them into the text as they are.
            return Render(fields, messages, tools, model);
        }
        catch (ChatTemplateException error)
        {
            throw ApiException.Invalid("messages", $"The model's chat template refuses these messages: {error.Message}");
        }
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
