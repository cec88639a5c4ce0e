using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>Reads a response's <c>input</c>: a text, or items, which become a chat's messages.</summary>
internal static class ResponseInput
{
    public const string Field = "input";

    /// <summary>The items as they were sent, each with an id, for <c>input_items</c>.</summary>
    public static JArray Items(BodyFields fields, ResponseIds ids) => fields.Find(Field) switch
    {
        null => throw ApiException.Invalid(Field, "'input' is missing; it must be a string or a list of items."),
        { Type: JTokenType.String } text when ((string)text!).Length > 0 => [Named(new JObject { ["type"] = "message", ["role"] = "user", ["content"] = text.DeepClone() }, ids)],
        JArray { Count: > 0 } items => new JArray(items.Select((item, i) => item is JObject one ? Named(one, ids) : throw BodyFields.WrongAt($"{Field}[{i}]", item, "an object"))),
        var value => throw fields.Wrong(Field, value, "a string or a list of items, and not empty"),
    };

    /// <summary>The chat messages that the items stand for.</summary>
    public static JArray Messages(JArray items)
    {
        var messages = new JArray();
        for (var i = 0; i < items.Count; i++) Add(messages, new BodyFields((JObject)items[i], $"{Field}[{i}]"));
        return messages;
    }

    private static void Add(JArray messages, BodyFields item)
    {
        switch (item.Text("type") ?? "message")
        {
            case "message":
                AddMessage(messages, item);
                break;
            case "function_call":
                AddCall(messages, item);
                break;
            case "function_call_output":
                messages.Add(new JObject
                {
                    ["role"] = "tool",
                    ["tool_call_id"] = Required(item, "call_id"),
                    ["content"] = ReadContent(item, "output"),
                });
                break;
            case "reasoning":
                var thought = string.Concat(Texts(item, "content").DefaultIfEmpty(string.Join('\n', Texts(item, "summary"))));
                var thinker = AssistantOf(messages);
                thinker["reasoning"] = (string?)thinker["reasoning"] is { Length: > 0 } before ? $"{before}\n{thought}" : thought;
                break;
            case var other:
                throw ApiException.Invalid(
                    item.PathOf("type"),
                    $"'{item.PathOf("type")}' is \"{BodyFields.Shorten(other)}\", but must be \"message\", \"function_call\", \"function_call_output\" or \"reasoning\": this server has no other kind of item.");
        }
    }

    private static void AddMessage(JArray messages, BodyFields item)
    {
        var role = item.Text("role");
        if (role is not ("user" or "assistant" or "system" or "developer"))
            throw ApiException.Invalid(item.PathOf("role"), $"'{item.PathOf("role")}' must be \"user\", \"assistant\", \"system\" or \"developer\".");
        var content = ReadContent(item, "content");
        // What the model thought belongs to the message that follows.
        if (role == "assistant" && messages.LastOrDefault() is JObject last && (string?)last["role"] == "assistant" && !last.ContainsKey("content") && !last.ContainsKey("tool_calls"))
            last["content"] = content;
        else
            messages.Add(new JObject { ["role"] = role, ["content"] = content });
    }

    private static void AddCall(JArray messages, BodyFields item)
    {
        var message = AssistantOf(messages);
        var calls = message["tool_calls"] as JArray;
        if (calls is null) message["tool_calls"] = calls = [];
        calls.Add(new JObject
        {
            ["id"] = Required(item, "call_id"),
            ["type"] = "function",
            ["function"] = new JObject { ["name"] = Required(item, "name"), ["arguments"] = item.Text("arguments") ?? "{}" },
        });
    }

    // Calls and reasoning stand in the assistant's message before them, or in one of their own.
    private static JObject AssistantOf(JArray messages)
    {
        if (messages.LastOrDefault() is JObject last && (string?)last["role"] == "assistant") return last;
        var message = new JObject { ["role"] = "assistant" };
        messages.Add(message);
        return message;
    }

    private static JToken ReadContent(BodyFields item, string field)
    {
        switch (item.Find(field))
        {
            case { Type: JTokenType.String } text: return text.DeepClone();
            case JArray { Count: > 0 } parts: return new JArray(parts.Select((part, i) => ReadPart(part, $"{item.PathOf(field)}[{i}]")));
            case null: throw ApiException.Invalid(item.PathOf(field), $"'{item.PathOf(field)}' is missing; it must be a string or a list of parts.");
            case var value: throw item.Wrong(field, value, "a string or a list of at least one part");
        }
    }

    private static JObject ReadPart(JToken value, string path)
    {
        if (value is not JObject raw) throw BodyFields.WrongAt(path, value, "an object with 'type'");
        var part = new BodyFields(raw, path);
        var type = part.Text("type");
        return type switch
        {
            "input_text" or "output_text" or "text" or "summary_text" or "reasoning_text" => new JObject { ["type"] = "text", ["text"] = Required(part, "text") },
            "refusal" => new JObject { ["type"] = "text", ["text"] = Required(part, "refusal") },
            "input_image" or "input_file" or "input_audio" =>
                throw ApiException.Invalid(part.PathOf("type"), $"'{path}.type' is \"{type}\", but this model reads text only: send parts of type \"input_text\"."),
            _ => throw ApiException.Invalid(part.PathOf("type"), $"'{path}.type' must be \"input_text\" or \"output_text\"."),
        };
    }

    private static IEnumerable<string> Texts(BodyFields item, string field) =>
        (item.List(field) ?? []).Select((part, i) => part is JObject one
            ? Required(new BodyFields(one, $"{item.PathOf(field)}[{i}]"), "text")
            : throw BodyFields.WrongAt($"{item.PathOf(field)}[{i}]", part, "an object"));

    private static string Required(BodyFields item, string field) =>
        item.Text(field) ?? throw ApiException.Invalid(item.PathOf(field), $"'{item.PathOf(field)}' must be a string.");

    private static JObject Named(JObject item, ResponseIds ids)
    {
        var named = (JObject)item.DeepClone();
        if (named["type"] is null or { Type: JTokenType.Null }) named["type"] = "message";
        if (named["id"] is not { Type: JTokenType.String }) named["id"] = ids.NewItem((named["type"] as JValue)?.Value switch { "function_call" => "fc", "function_call_output" => "fco", "reasoning" => "rs", _ => "msg" });
        return named;
    }

    /// <summary>An item as lists show it: content as parts, and with a state.</summary>
    public static JObject ToListed(JObject item)
    {
        var listed = (JObject)item.DeepClone();
        listed["status"] ??= "completed";
        if ((string?)listed["type"] != "message" || listed["content"] is not { Type: JTokenType.String } text) return listed;
        var isAnswer = (string?)listed["role"] == "assistant";
        var part = new JObject { ["type"] = isAnswer ? "output_text" : "input_text", ["text"] = text.DeepClone() };
        if (isAnswer) part["annotations"] = new JArray();
        listed["content"] = new JArray(part);
        return listed;
    }
}
