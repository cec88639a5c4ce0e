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
        var template = model.Template
            ?? throw ApiException.Invalid("messages", "This model has no chat template: start the server with --chat-template FILE, or use /v1/completions.");
        var continued = ReadContinued(fields, messages);
        var variables = new JObject
        {
            ["messages"] = messages,
            [Generation] = fields.Boolean(Generation) ?? continued is null,
            ["bos_token"] = model.Tokenizer.BosToken ?? "",
            ["eos_token"] = model.Tokenizer.EosToken ?? "",
            ["pad_token"] = model.Tokenizer.PadToken ?? "",
            ["unk_token"] = model.Tokenizer.UnkToken ?? "",
            ["tools"] = tools is null ? JValue.CreateNull() : tools,
        };
        AddArguments(variables, model.DefaultTemplateArguments);
        if (fields.List("documents") is { } documents) variables["documents"] = documents;
        if (fields.Text("reasoning_effort") is { } effort) variables["reasoning_effort"] = effort;
        AddArguments(variables, fields.Object("chat_template_kwargs")?.Values);
        var prompt = Render(template, variables, messages);
        return continued is null ? prompt : CutAfter(prompt, continued);
    }

    private static void AddArguments(JObject variables, JObject? arguments)
    {
        foreach (var property in arguments?.Properties() ?? [])
        {
            if (property.Name is not ("messages" or "tools")) variables[property.Name] = property.Value;
        }
    }

    private static string Render(ChatTemplate template, JObject variables, JArray messages)
    {
        try
        {
            return template.Render(variables);
        }
        catch (ChatTemplateException) when (ToolHistory.WriteArgumentsAsText(messages))
        {
            // Most templates want a call's arguments as an object; some put them into the text as they are.
            return Render(template, variables, messages);
        }
        catch (ChatTemplateException error)
        {
            throw ApiException.Invalid("messages", $"The model's chat template refuses these messages: {error.Message}");
        }
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
