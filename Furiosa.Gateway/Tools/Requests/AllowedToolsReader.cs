using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Requests;

/// <summary>Reads a <c>tool_choice</c> of the type <c>allowed_tools</c>: a mode, and the tools that this answer may call.</summary>
internal static class AllowedToolsReader
{
    /// <summary>Its <c>type</c>.</summary>
    public const string Type = "allowed_tools";

    /// <param name="choice">The <c>tool_choice</c>.</param>
    /// <param name="names">The request's functions.</param>
    /// <param name="allowed">Those that may be called.</param>
    /// <exception cref="ApiException">It is not as the API wants it, or names a function that the request has not.</exception>
    public static ToolChoice Read(JObject choice, HashSet<string> names, out HashSet<string> allowed)
    {
        var fields = new BodyFields(choice, "tool_choice").Object(Type)
            ?? throw ApiException.Invalid($"tool_choice.{Type}", $"'tool_choice.{Type}' must be an object with 'mode' and 'tools'.");
        if (fields.List("tools") is not { Count: > 0 } tools)
            throw ApiException.Invalid(fields.PathOf("tools"), $"'{fields.PathOf("tools")}' must be a list of at least one tool.");
        allowed = [.. tools.Select((tool, i) => NameOf(tool, $"{fields.PathOf("tools")}[{i}]", names))];
        return fields.Word("mode", "auto", "required") switch
        {
            "auto" => ToolChoice.Auto,
            "required" => ToolChoice.Required,
            _ => throw ApiException.Invalid(fields.PathOf("mode"), $"'{fields.PathOf("mode")}' must be \"auto\" or \"required\"."),
        };
    }

    private static string NameOf(JToken tool, string path, HashSet<string> names)
    {
        if (tool is not JObject one) throw BodyFields.WrongAt(path, tool, "an object such as {\"type\": \"function\", \"function\": {\"name\": \"f\"}}");
        var fields = new BodyFields(one, path);
        if (fields.Text("type") is not "function") throw ApiException.Invalid(fields.PathOf("type"), $"'{fields.PathOf("type")}' must be \"function\": this server has no other kind of tool.");
        var function = fields.Object("function") ?? throw ApiException.Invalid(fields.PathOf("function"), $"'{fields.PathOf("function")}' must be an object with the function's name.");
        var name = function.Text("name") ?? throw ApiException.Invalid(function.PathOf("name"), $"'{function.PathOf("name")}' must be a string.");
        return names.Contains(name) ? name : throw function.Wrong("name", name, "one of the request's functions");
    }
}
