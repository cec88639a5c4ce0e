using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Makes a chat's prompt by the model's template.</summary>
internal static class ChatPrompt
{
    private const string Continue = "continue_final_message";
    private const string Generation = "add_generation_prompt";

    /// <summary>The prompt for checked messages and tools; it ends inside the last message where the request wants that continued.</summary>
    public static string Render(BodyFields fields, JArray messages, JArray? tools, ServingModel model)
    {
        var source = model.Prompts;
        var continued = ReadContinued(fields, messages);
        var prompt = Render(Variables(fields, messages, tools, source, continued is null), messages, source, clock: null);
        return continued is null ? prompt : CutAfter(prompt, continued);
    }

    /// <summary>The prompt of a request that is only rendered: members that are no fields of the API are the template's, and <c>now</c> sets its clock.</summary>
    public static string RenderAlone(BodyFields fields, PromptSource source)
    {
        var messages = MessagesReader.Read(fields, source.Format);
        var continued = ReadContinued(fields, messages);
        var variables = Variables(fields, messages, ToolsRequestReader.Read(fields.Values).ForTemplate, source, continued is null);
        ChatFields.AddVariables(fields.Values, variables);
        var prompt = Render(variables, messages, source, ChatFields.ReadClock(fields));
        return continued is null ? prompt : CutAfter(prompt, continued);
    }

    /// <summary>The prompt cut inside its last message where the request wants that continued.</summary>
    public static string CutToContinue(BodyFields fields, JArray messages, string prompt) =>
        messages.Count > 0 && ReadContinued(fields, messages) is { } continued ? CutAfter(prompt, continued) : prompt;

    private static JObject Variables(BodyFields fields, JArray messages, JArray? tools, PromptSource source, bool generation)
    {
        var variables = new JObject
        {
            ["messages"] = messages,
            [Generation] = fields.Boolean(Generation) ?? generation,
            ["tools"] = tools is null ? JValue.CreateNull() : tools,
        };
        source.Names.AddTo(variables);
        AddArguments(variables, source.Defaults);
        if (fields.List("documents") is { } documents) variables["documents"] = documents;
        if (fields.Word("reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh", "max") is { } effort) variables["reasoning_effort"] = effort;
        AddArguments(variables, fields.Object("chat_template_kwargs")?.Values);
        return variables;
    }

    private static void AddArguments(JObject variables, JObject? arguments)
    {
        foreach (var property in arguments?.Properties() ?? [])
        {
            if (property.Name is not ("messages" or "tools")) variables[property.Name] = property.Value;
        }
    }

    private static string Render(JObject variables, JArray messages, PromptSource source, TimeProvider? clock)
    {
        var template = source.Template
            ?? throw ApiException.Invalid("messages", "This model has no chat template: start the server with --chat-template FILE, or use /v1/completions.");
        CallContent.Shape(messages, template);
        try
        {
            return template.Render(variables, clock);
        }
        catch (ChatTemplateException) when (variables["tools"] is JArray tools && ToolsRequest.FillIn(tools))
        {
            // What the API leaves to the client, some templates take for granted.
            return Render(variables, messages, source, clock);
        }
        catch (ChatTemplateException) when (AddFunctions(variables, clock ?? TimeProvider.System))
        {
            // Firefunction's template takes its tools and the time as texts of its own.
            return Render(variables, messages, source, clock);
        }
        catch (ChatTemplateException) when (ToolHistory.WriteArgumentsAsText(messages))
        {
            // Most templates want a call's arguments as an object; some put them into the text as they are.
            return Render(variables, messages, source, clock);
        }
        catch (ChatTemplateException error)
        {
            throw ApiException.Invalid("messages", $"The model's chat template refuses these messages: {error.Message}");
        }
    }

    private static bool AddFunctions(JObject variables, TimeProvider clock)
    {
        if (variables.ContainsKey("functions") || variables.ContainsKey("datetime")) return false;
        variables["functions"] = new JArray((variables["tools"] as JArray ?? []).Select(tool => tool["function"])).ToString(Newtonsoft.Json.Formatting.Indented);
        variables["datetime"] = clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
        return true;
    }

    // The text of the last message, where the answer is to go on with it.
    private static string? ReadContinued(BodyFields fields, JArray messages)
    {
        if (fields.Boolean(Continue) != true) return null;
        if (fields.Boolean(Generation) == true)
            throw ApiException.Invalid(Continue, $"'{Continue}' and '{Generation}' cannot both be true: the answer either goes on with the last message or begins a new one.");
        var last = messages[^1]!;
        var text = last["content"] switch
        {
            { Type: JTokenType.String } content => (string)content!,
            JArray parts => string.Concat(parts.Select(part => (string?)part["text"])),
            _ => "",
        };
        return (string?)last["role"] == "assistant" && last["tool_calls"] is null && text.Trim().Length > 0
            ? text : throw ApiException.Invalid(Continue, $"'{Continue}' needs a last message of the role \"assistant\" that has text and no calls.");
    }

    // Templates may trim a message, so it is looked for without the white space around it and keeps what the prompt has of that.
    private static string CutAfter(string prompt, string text)
    {
        var at = prompt.LastIndexOf(text.Trim(), StringComparison.Ordinal);
        if (at < 0) throw ApiException.Invalid(Continue, "The model's chat template changes the last message, so that it cannot be continued.");
        var whole = text.TrimStart();
        return string.CompareOrdinal(prompt, at, whole, 0, whole.Length) == 0 ? prompt[..(at + whole.Length)] : prompt[..(at + text.Trim().Length)];
    }
}
