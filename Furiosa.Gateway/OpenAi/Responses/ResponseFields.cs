using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>
/// Puts a response's fields into those of a chat, which are checked where chats are, and the names in complaints back. What is only
/// told again, or is no business of the model, is checked here.
/// </summary>
internal static class ResponseFields
{
    private static readonly string[] Own =
    [
        ResponseInput.Field, "instructions", "max_output_tokens", "text", "reasoning", "previous_response_id", "store", "background", "truncation", "include", "tools",
        "tool_choice", "stream_options", "metadata", "max_tool_calls", "prompt", "conversation", "top_logprobs", "prompt_cache_key", "prompt_cache_retention",
        "safety_identifier", "service_tier", "context_management",
    ];

    // What they ask for is about tools that this server has not, or is always in the answer.
    private static readonly string[] Includes =
    [
        LogprobsIncluded, "reasoning.encrypted_content", "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
        "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    ];

    private const string LogprobsIncluded = "message.output_text.logprobs";

    // What chats have and responses have not.
    private static readonly string[] Foreign =
    [
        "messages", "n", "best_of", "use_beam_search", "echo", "logprobs", "prompt_logprobs", "functions", "function_call", "response_format", "max_tokens",
        "max_completion_tokens", "return_token_ids", "return_tokens_as_token_ids", "modalities",
    ];

    private static readonly (string Chat, string Response)[] Names =
    [
        ("messages", ResponseInput.Field), ("max_completion_tokens", "max_output_tokens"), ("response_format.json_schema", "text.format"), ("response_format", "text.format"),
        ("logprobs", "include"), ("reasoning_effort", "reasoning.effort"), ("tool_choice.function", "tool_choice"), ("tool_choice.allowed_tools", "tool_choice"),
    ];

    /// <summary>The chat's body but for its messages.</summary>
    public static JObject ToChat(BodyFields fields)
    {
        var body = new JObject(fields.Values.Properties().Where(property => !Own.Contains(property.Name)));
        foreach (var name in Foreign)
        {
            if (!fields.Has(name)) body.Remove(name);
            else if (!IsDefault(name, fields)) throw ApiException.Invalid(name, $"'{name}' is no field of /v1/responses: leave it out.");
            else body.Remove(name);
        }
        foreach (var name in new[] { "prompt", "conversation" })
            if (fields.Has(name)) throw new ApiException(ApiError.Unsupported(name, "send the texts themselves in 'input', or 'previous_response_id'."));
        if (fields.List("context_management") is { Count: > 0 }) throw new ApiException(ApiError.Unsupported("context_management", "send \"truncation\": \"auto\", or shorten the input yourself."));
        Move(fields, "max_output_tokens", body, "max_completion_tokens");
        AddTools(fields, body);
        AddFormat(fields, body);
        AddReasoning(fields, body);
        AddLogprobs(fields, body);
        return body;
    }

    /// <summary>A complaint about a chat's field as one about the response's.</summary>
    public static ApiError Rename(ApiError error)
    {
        if (error.Param is not { } param) return error;
        // What cannot be combined with it is blamed, and it is named.
        error = error with { Message = error.Message.Replace("'response_format'", "'text.format'", StringComparison.Ordinal) };
        foreach (var (chat, response) in Names)
        {
            if (!param.StartsWith(chat, StringComparison.Ordinal)) continue;
            var renamed = chat == "messages" ? response : response + param[chat.Length..];
            return error with { Param = renamed, Message = error.Message.Replace($"'{param}'", $"'{renamed}'", StringComparison.Ordinal).Replace($"'{chat}'", $"'{response}'", StringComparison.Ordinal).Replace($"the {chat}", $"the {response}", StringComparison.Ordinal) };
        }
        return param.StartsWith("tools[", StringComparison.Ordinal)
            ? error with { Param = param.Replace(".function", "", StringComparison.Ordinal), Message = error.Message.Replace(".function", "", StringComparison.Ordinal) }
            : error;
    }

    /// <summary>Whether the conversation may lose its beginning where it is too long.</summary>
    public static bool Truncates(BodyFields fields) => fields.Word("truncation", "auto", "disabled") == "auto";

    private static bool IsDefault(string name, BodyFields fields) => name switch
    {
        "n" or "best_of" => fields.Integer(name, 1, 128) == 1,
        "functions" or "messages" => fields.List(name) is { Count: 0 },
        "use_beam_search" or "echo" or "logprobs" or "return_token_ids" or "return_tokens_as_token_ids" => fields.Boolean(name) == false,
        _ => false,
    };

    private static void Move(BodyFields fields, string from, JObject body, string to)
    {
        if (fields.Find(from) is { } value) body[to] = value;
    }

    private static void AddTools(BodyFields fields, JObject body)
    {
        var tools = fields.List("tools") ?? [];
        if (tools.Count > 0) body["tools"] = new JArray(tools.Select((tool, i) => ToChatTool(tool, $"tools[{i}]")));
        switch (fields.Find("tool_choice"))
        {
            case null: break;
            case { Type: JTokenType.String } word when tools.Count == 0 && (string?)word is "auto" or "none": break;
            case JObject several when several["type"] is JValue { Value: AllowedToolsReader.Type }:
                body["tool_choice"] = ToChatAllowed(new BodyFields(several, "tool_choice"));
                break;
            case JObject named:
                var choice = new BodyFields(named, "tool_choice");
                if (choice.Text("type") is not "function") throw ApiException.Invalid("tool_choice.type", "'tool_choice.type' must be \"function\": this server has no other kind of tool.");
                body["tool_choice"] = new JObject { ["type"] = "function", ["function"] = new JObject { ["name"] = named["name"]?.DeepClone() } };
                break;
            case var word: body["tool_choice"] = word; break;
        }
    }

    private static JObject ToChatAllowed(BodyFields choice) => new()
    {
        ["type"] = AllowedToolsReader.Type,
        [AllowedToolsReader.Type] = new JObject
        {
            ["mode"] = choice.Find("mode"),
            ["tools"] = choice.List("tools") is { } tools ? new JArray(tools.Select((tool, i) => ToChatTool(tool, $"tool_choice.tools[{i}]"))) : null,
        },
    };

    private static JObject ToChatTool(JToken tool, string path)
    {
        if (tool is not JObject one) throw BodyFields.WrongAt(path, tool, "an object");
        var fields = new BodyFields(one, path);
        if (fields.Text("type") is not "function")
            throw ApiException.Invalid($"{path}.type", $"'{path}.type' must be \"function\": this server has no tools of its own.");
        return new JObject { ["type"] = "function", ["function"] = new JObject(one.Properties().Where(property => property.Name != "type")) };
    }

    private static void AddFormat(BodyFields fields, JObject body)
    {
        if (fields.Object("text") is not { } text) return;
        if (text.Text("verbosity") is not (null or "low" or "medium" or "high")) throw text.Wrong("verbosity", text.Find("verbosity")!, "\"low\", \"medium\" or \"high\"");
        if (text.Object("format") is not { } format) return;
        var type = format.Text("type") ?? throw ApiException.Invalid("text.format.type", "'text.format.type' is missing; it must be \"text\", \"json_object\" or \"json_schema\".");
        body["response_format"] = type == "json_schema"
            ? new JObject { ["type"] = type, ["json_schema"] = new JObject(format.Values.Properties().Where(property => property.Name != "type")) }
            : format.Values;
    }

    // There are no summaries of reasoning: the reasoning itself is shown.
    private static void AddReasoning(BodyFields fields, JObject body)
    {
        if (fields.Object("reasoning") is not { } reasoning) return;
        reasoning.Text("summary");
        reasoning.Text("generate_summary");
        if (reasoning.Text("effort") is { } effort) body["reasoning_effort"] = effort;
    }

    private static void AddLogprobs(BodyFields fields, JObject body)
    {
        var top = fields.Integer("top_logprobs", 0, 20);
        var included = (fields.List("include") ?? []).Select((value, i) =>
            value.Type == JTokenType.String && Includes.Contains((string)value!)
                ? (string)value! : throw BodyFields.WrongAt($"include[{i}]", value, "one of " + string.Join(", ", Includes))).ToList();
        if (top is not > 0 && !included.Contains(LogprobsIncluded)) return;
        body["logprobs"] = true;
        body["top_logprobs"] = top ?? 0;
    }
}
