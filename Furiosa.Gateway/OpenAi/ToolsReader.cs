using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads <c>tools</c>, which the template may show to the model; calls are not parsed yet, so only "none" may be chosen.</summary>
internal static class ToolsReader
{
    private const string Name = "tools";

    public static JArray? Read(BodyFields fields)
    {
        var choice = fields.Find("tool_choice");
        var none = choice is { Type: JTokenType.String } && (string)choice! == "none";
        if (fields.List(Name) is not { } tools)
        {
            return choice is null || none ? null : throw ApiException.Invalid("tool_choice", "'tool_choice' needs 'tools': send both, or neither.");
        }
        if (tools.Count == 0) throw ApiException.Invalid(Name, "'tools' is an empty list: name at least one tool or leave it out.");
        for (var i = 0; i < tools.Count; i++) Check(tools[i], $"{Name}[{i}]");
        if (none) return tools;
        throw new ApiException(ApiError.Unsupported(choice is null ? Name : "tool_choice", "tool calls are not read from answers yet; send \"tool_choice\": \"none\" or leave 'tools' out."));
    }

    private static void Check(JToken value, string path)
    {
        if (value is not JObject raw) throw BodyFields.WrongAt(path, value, "an object");
        var tool = new BodyFields(raw, path);
        if (tool.Text("type") is not (null or "function")) throw tool.Wrong("type", tool.Find("type")!, "\"function\"");
        var function = tool.Object("function") ?? throw ApiException.Invalid(tool.PathOf("function"), $"'{path}.function' must be an object with 'name'.");
        if (string.IsNullOrEmpty(function.Text("name"))) throw ApiException.Invalid(function.PathOf("name"), $"'{path}.function.name' must be a string that is not empty.");
    }
}
