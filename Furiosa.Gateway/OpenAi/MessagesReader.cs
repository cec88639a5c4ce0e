using Furiosa.Gateway.Text;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Checks a chat's messages and brings them into the shape that the model's template wants.</summary>
internal static class MessagesReader
{
    private const string Name = "messages";
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool", "function"];

    public static JArray Read(BodyFields fields, ContentFormat format)
    {
        if (fields.List(Name) is not { Count: > 0 } list) throw ApiException.Invalid(Name, "'messages' must be a list of at least one message.");
        return new JArray(list.Select((value, i) => ReadMessage(value, $"{Name}[{i}]", i, format)));
    }

    private static JObject ReadMessage(JToken value, string path, int index, ContentFormat format)
    {
        if (value is not JObject raw) throw BodyFields.WrongAt(path, value, "an object with 'role' and 'content'");
        var message = new BodyFields(raw, path);
        var role = message.Text("role") ?? throw ApiException.Invalid(message.PathOf("role"), $"'{path}' has no 'role'; it must be one of {string.Join(", ", Roles)}.");
        if (!Roles.Contains(role)) throw message.Wrong("role", role, "one of " + string.Join(", ", Roles));
        message.Text("name");
        if (role == "tool") message.Text("tool_call_id");

        var result = ToolHistory.Modernize(raw, path, index);
        var calls = role == "assistant" ? ReadToolCalls(new BodyFields(result, path)) : null;
        if (calls is not null) result["tool_calls"] = calls;
        else result.Remove("tool_calls");
        var content = ReadContent(message) ?? (role == "assistant" ? ContentInstead(message) : null);
        if (content is null && calls is null) throw ApiException.Invalid(message.PathOf("content"), $"'{path}.content' must be a string or a list of parts.");
        result["content"] = content is null ? null : Shape(content, format);
        return result;
    }

    // An answer that was refused, or cut while it was thought about, comes back without content.
    private static JToken? ContentInstead(BodyFields message)
    {
        if (message.Find("audio") is not null) throw ApiException.Invalid(message.PathOf("audio"), $"'{message.PathOf("audio")}' is not supported: this model reads text only.");
        if (message.Text("refusal") is { } refusal) return refusal;
        return message.Text("reasoning") is not null || message.Text("reasoning_content") is not null ? new JValue("") : null;
    }

    // A string, or the texts of its parts.
    private static JToken? ReadContent(BodyFields message)
    {
        switch (message.Find("content"))
        {
            case null: return null;
            case { Type: JTokenType.String } value: return value;
            case JArray { Count: > 0 } parts: return new JArray(parts.Select((part, i) => ReadPart(part, $"{message.PathOf("content")}[{i}]")));
            case var value: throw message.Wrong("content", value, "a string or a list of at least one part");
        }
    }

    private static JToken Shape(JToken content, ContentFormat format) => content switch
    {
        JArray texts when format == ContentFormat.Text => string.Concat(texts.Select(text => (string?)text)),
        JArray texts => new JArray(texts.Select(ToPart)),
        _ => format == ContentFormat.Parts ? new JArray(ToPart(content)) : content.DeepClone(),
    };

    private static JObject ToPart(JToken text) => new() { ["type"] = "text", ["text"] = text.DeepClone() };

    private static string ReadPart(JToken value, string path)
    {
        if (value is not JObject raw) throw BodyFields.WrongAt(path, value, "an object with 'type'");
        var part = new BodyFields(raw, path);
        var type = part.Text("type") ?? throw ApiException.Invalid(part.PathOf("type"), $"'{path}' has no 'type'; it must be \"text\".");
        return type switch
        {
            "text" => part.Text("text") ?? throw ApiException.Invalid(part.PathOf("text"), $"'{path}.text' must be a string."),
            "refusal" => part.Text("refusal") ?? throw ApiException.Invalid(part.PathOf("refusal"), $"'{path}.refusal' must be a string."),
            "image_url" or "input_image" or "input_audio" or "audio_url" or "video_url" or "file" =>
                throw ApiException.Invalid(part.PathOf("type"), $"'{path}.type' is \"{type}\", but this model reads text only: send parts of type \"text\"."),
            _ => throw part.Wrong("type", type, "\"text\""),
        };
    }

    // Templates print arguments as objects; clients send them back as the text that they received.
    private static JArray? ReadToolCalls(BodyFields message)
    {
        if (message.List("tool_calls") is not { Count: > 0 } list) return null;
        var calls = (JArray)list.DeepClone();
        for (var i = 0; i < calls.Count; i++)
        {
            var path = $"{message.PathOf("tool_calls")}[{i}]";
            if (calls[i] is not JObject raw) throw BodyFields.WrongAt(path, calls[i], "an object");
            var call = new BodyFields(raw, path);
            call.Text("id");
            var function = call.Object("function") ?? throw ApiException.Invalid(call.PathOf("function"), $"'{path}.function' must be an object with 'name' and 'arguments'.");
            if (string.IsNullOrEmpty(function.Text("name"))) throw ApiException.Invalid(function.PathOf("name"), $"'{path}.function.name' must be a string that is not empty.");
            if (function.Find("arguments") is not JObject) function.Values["arguments"] = ParseArguments(function.Text("arguments") ?? "{}");
        }
        return calls;
    }

    private static JToken ParseArguments(string text)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(text)) { MaxDepth = JsonBodyReader.MostDepth, DateParseHandling = DateParseHandling.None };
            var arguments = JObject.Load(reader);
            // Comments may follow. Anything else throws, so that text which is no object as a whole stays as it is and nothing of it is lost.
            while (reader.Read()) continue;
            return arguments;
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
