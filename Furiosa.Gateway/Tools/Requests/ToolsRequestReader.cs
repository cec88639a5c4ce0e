using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Requests;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c>, <c>parallel_tool_calls</c> and the deprecated <c>functions</c> and <c>function_call</c>.</summary>
internal static class ToolsRequestReader
{
    private const int MostTools = 512;
    private const int LongestName = 128;

    /// <summary>Reads a chat request's tool fields; null counts as absent.</summary>
    /// <exception cref="ApiException">A field is not what the API allows.</exception>
    public static ToolsRequest Read(JObject request)
    {
        var tools = Present(request, "tools");
        var functions = Present(request, "functions");
        if (tools != null && functions != null)
            throw ApiException.Invalid("functions", "'functions' is the deprecated form of 'tools': give one of them, not both.");
        var parallel = Present(request, "parallel_tool_calls") switch
        {
            null => true,
            { Type: JTokenType.Boolean } value => (bool)value,
            _ => throw ApiException.Invalid("parallel_tool_calls", "'parallel_tool_calls' must be true or false."),
        };
        var legacy = functions != null || Present(request, "function_call") != null;
        var definitions = legacy ? Functions(functions) : Tools(tools);
        var names = definitions.Select(definition => definition.Function.Name).ToHashSet(StringComparer.Ordinal);
        HashSet<string>? allowed = null;
        var choice = legacy ? LegacyChoice(request, names) : Choice(request, names, out allowed);
        if (allowed is not null) definitions.RemoveAll(definition => !allowed.Contains(definition.Function.Name));
        return new ToolsRequest
        {
            Functions = [.. definitions.Select(definition => definition.Function)],
            Choice = choice,
            Parallel = parallel && !legacy,
            Legacy = legacy,
            ForTemplate = definitions.Count == 0 || choice.Kind == ToolChoiceKind.None ? null : new JArray(definitions.Select(definition => definition.Json)),
        };
    }

    private static List<(ToolFunction Function, JObject Json)> Tools(JToken? tools)
    {
        var definitions = new List<(ToolFunction, JObject)>();
        foreach (var (tool, path) in Items(tools, "tools"))
        {
            var type = tool["type"];
            if (type?.Type != JTokenType.String || (string?)type != "function")
                throw ApiException.Invalid($"{path}.type", $"'{path}.type' must be \"function\": this server has no other kind of tool.");
            if (tool["function"] is not JObject function)
                throw ApiException.Invalid($"{path}.function", $"'{path}.function' must be an object with the function's name and parameters.");
            definitions.Add(Function(function, $"{path}.function"));
        }

        return definitions;
    }

    private static List<(ToolFunction Function, JObject Json)> Functions(JToken? functions) =>
        [.. Items(functions, "functions").Select(item => Function(item.Item, item.Path))];

    private static IEnumerable<(JObject Item, string Path)> Items(JToken? list, string field)
    {
        if (list == null)
            yield break;
        if (list is not JArray { Count: > 0 } items)
            throw ApiException.Invalid(field, $"'{field}' must be a list of at least one; leave it out for none.");
        if (items.Count > MostTools)
            throw ApiException.Invalid(field, $"'{field}' has {items.Count} entries; the most is {MostTools}.");
        for (var i = 0; i < items.Count; i++)
        {
            yield return items[i] is JObject item
                ? (item, $"{field}[{i}]") : throw ApiException.Invalid($"{field}[{i}]", $"'{field}[{i}]' must be an object.");
        }
    }

    private static (ToolFunction Function, JObject Json) Function(JObject function, string path)
    {
        var name = Name(function, path);
        var description = Present(function, "description");
        if (description is { Type: not JTokenType.String })
            throw ApiException.Invalid($"{path}.description", $"'{path}.description' must be a string.");
        var parameters = Present(function, "parameters");
        if (parameters is not (null or JObject))
            throw ApiException.Invalid($"{path}.parameters", $"'{path}.parameters' must be a JSON Schema object.");
        var strict = Present(function, "strict");
        if (strict is { Type: not JTokenType.Boolean })
            throw ApiException.Invalid($"{path}.strict", $"'{path}.strict' must be true or false.");

        // The order that models were trained on, whatever the client's.
        var json = new JObject { ["name"] = name };
        if (description != null)
            json["description"] = description;
        if (parameters != null)
            json["parameters"] = parameters;
        // A copy: a token keeps the whole body that it stands in, and this one lives as long as the answer is made.
        return (new ToolFunction(name, (JObject?)parameters?.DeepClone(), strict != null && (bool)strict), new JObject { ["type"] = "function", ["function"] = json });
    }

    private static string Name(JObject holder, string path)
    {
        if (holder["name"] is not { Type: JTokenType.String } name)
            throw ApiException.Invalid($"{path}.name", $"'{path}.name' must be a string.");
        var text = (string)name!;
        if (text.Length is 0 or > LongestName || !text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.'))
            throw ApiException.Invalid($"{path}.name", $"'{path}.name' must be 1 to {LongestName} letters, digits, '_', '-' or '.'.");
        return text;
    }

    // Of allowed tools the model sees no others, so that it can call no others.
    private static ToolChoice Choice(JObject request, HashSet<string> names, out HashSet<string>? allowed)
    {
        allowed = null;
        var choice = Present(request, "tool_choice");
        if (choice == null)
            return names.Count == 0 ? ToolChoice.None : ToolChoice.Auto;
        if (names.Count == 0)
            throw ApiException.Invalid("tool_choice", "'tool_choice' is allowed only with 'tools'.");
        if (choice.Type == JTokenType.String)
        {
            return (string)choice! switch
            {
                "none" => ToolChoice.None,
                "auto" => ToolChoice.Auto,
                "required" => ToolChoice.Required,
                _ => throw ApiException.Invalid("tool_choice", $"'tool_choice' must be \"none\", \"auto\", \"required\" or an object that names a function; it is {Shown(choice)}."),
            };
        }

        if (choice is not JObject named)
            throw ApiException.Invalid("tool_choice", "'tool_choice' must be a string or an object.");
        if (named["type"] is { Type: JTokenType.String } kind && (string?)kind == AllowedToolsReader.Type)
            return AllowedToolsReader.Read(named, names, out allowed);
        if (named["type"] is not { Type: JTokenType.String } type || (string?)type != "function")
            throw ApiException.Invalid("tool_choice.type", "'tool_choice.type' must be \"function\" or \"allowed_tools\".");
        if (named["function"] is not JObject function)
            throw ApiException.Invalid("tool_choice.function", "'tool_choice.function' must be an object with the function's name.");
        return Named(function, "tool_choice.function", names);
    }

    private static ToolChoice LegacyChoice(JObject request, HashSet<string> names)
    {
        if (Present(request, "tool_choice") != null)
            throw ApiException.Invalid("tool_choice", "'tool_choice' goes with 'tools'; with 'functions' it is 'function_call'.");
        var choice = Present(request, "function_call");
        if (choice == null)
            return ToolChoice.Auto;
        if (names.Count == 0)
            throw ApiException.Invalid("function_call", "'function_call' is allowed only with 'functions'.");
        return choice switch
        {
            { Type: JTokenType.String } when (string)choice! == "none" => ToolChoice.None,
            { Type: JTokenType.String } when (string)choice! == "auto" => ToolChoice.Auto,
            JObject named => Named(named, "function_call", names),
            _ => throw ApiException.Invalid("function_call", "'function_call' must be \"none\", \"auto\" or an object with the function's name."),
        };
    }

    private static ToolChoice Named(JObject function, string path, HashSet<string> names)
    {
        var name = Name(function, path);
        return names.Contains(name)
            ? new ToolChoice(ToolChoiceKind.Named, name)
            : throw ApiException.Invalid($"{path}.name", $"'{path}.name' is '{name}', which is none of the request's functions.");
    }

    private static string Shown(JToken value)
    {
        var text = value.ToString(Newtonsoft.Json.Formatting.None);
        return text.Length <= 80 ? text : text[..80] + "...";
    }

    private static JToken? Present(JObject holder, string field) => holder[field] is { Type: not JTokenType.Null } value ? value : null;
}
