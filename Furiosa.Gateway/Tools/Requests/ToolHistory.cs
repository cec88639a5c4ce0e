using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Requests;

/// <summary>Brings earlier calls among a chat's messages into the shape that templates know.</summary>
internal static class ToolHistory
{
    /// <summary>
    /// A message in today's fields: <c>function_call</c> becomes <c>tool_calls</c>, the role <c>function</c> becomes <c>tool</c>, and
    /// <c>reasoning</c> is also given by its older name, which is the one that templates read.
    /// </summary>
    /// <param name="message">The message as it came; not changed.</param>
    /// <param name="path">Where it stands in the body.</param>
    /// <param name="index">Its place among the messages, for the id of a call that has none.</param>
    public static JObject Modernize(JObject message, string path, int index)
    {
        var fields = new BodyFields(message, path);
        var result = (JObject)message.DeepClone();
        if (fields.Text("role") == "function")
        {
            result["role"] = "tool";
            result["name"] = fields.Text("name") ?? throw ApiException.Invalid(fields.PathOf("name"), $"'{path}.name' must be the name of the function that was called.");
        }
        else if (fields.Text("role") == "assistant" && fields.Object("function_call") is { } call)
        {
            if (fields.Has("tool_calls"))
                throw ApiException.Invalid(fields.PathOf("function_call"), $"'{path}.function_call' is the deprecated form of 'tool_calls': give one of them, not both.");
            var name = call.Text("name") ?? throw ApiException.Invalid(call.PathOf("name"), $"'{path}.function_call.name' must be a string.");
            var function = new JObject { ["name"] = name, ["arguments"] = call.Text("arguments") ?? "{}" };
            result["tool_calls"] = new JArray(new JObject { ["id"] = $"call{index:00000}", ["type"] = "function", ["function"] = function });
        }

        result.Remove("function_call");
        if (fields.Text("reasoning") is { } reasoning && !fields.Has("reasoning_content"))
            result["reasoning_content"] = reasoning;
        return result;
    }

    /// <summary>Writes the arguments of earlier calls as JSON text.</summary>
    /// <param name="messages">The messages, which are changed.</param>
    /// <returns>Whether there were any that were not text already.</returns>
    public static bool WriteArgumentsAsText(JArray messages)
    {
        var any = false;
        foreach (var function in messages.SelectMany(message => message["tool_calls"] as JArray ?? []).Select(call => call["function"]).OfType<JObject>())
        {
            if (function["arguments"] is not JObject arguments)
                continue;
            function["arguments"] = arguments.ToString(Formatting.None);
            any = true;
        }

        return any;
    }
}
