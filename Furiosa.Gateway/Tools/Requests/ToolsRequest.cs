using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Requests;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The JSON Schema of its arguments, or null.</param>
/// <param name="Strict">Whether the request wants its arguments held to the schema.</param>
internal sealed record ToolFunction(string Name, JObject? Parameters, bool Strict);

/// <summary>The tool fields of a chat request, checked.</summary>
internal sealed record ToolsRequest
{
    /// <summary>No tools.</summary>
    public static ToolsRequest Empty { get; } = new() { Choice = ToolChoice.None };

    /// <summary>The functions in the request's order.</summary>
    public IReadOnlyList<ToolFunction> Functions { get; init; } = [];

    /// <summary>What <c>tool_choice</c> asks for; <see cref="ToolChoiceKind.Auto"/> where tools are given without it.</summary>
    public required ToolChoice Choice { get; init; }

    /// <summary>Whether the answer may hold more than one call.</summary>
    public bool Parallel { get; init; } = true;

    /// <summary>Whether the request used <c>functions</c> and <c>function_call</c>, so that the answer must too.</summary>
    public bool Legacy { get; init; }

    /// <summary>The tools for the chat template's <c>tools</c>; null where the model shall see none.</summary>
    public JArray? ForTemplate { get; init; }

    /// <summary>Whether the model's text is to be searched for calls.</summary>
    public bool MayCall => Choice.Kind != ToolChoiceKind.None;

    /// <summary>Whether the answer must be calls.</summary>
    public bool IsForced => Choice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Named;

    /// <summary>Gives tools for a template what they may leave out: a description, and parameters.</summary>
    /// <returns>Whether anything was left out.</returns>
    public static bool FillIn(JArray tools)
    {
        var any = false;
        foreach (var function in tools.Select(tool => tool["function"]).OfType<JObject>())
            any |= function.TryAdd("description", "") | function.TryAdd("parameters", new JObject { ["type"] = "object", ["properties"] = new JObject() });
        return any;
    }

    /// <summary>What parsers need to know of the functions; of two with one name the first counts.</summary>
    public ToolSchemas Schemas() =>
        new(Functions.DistinctBy(function => function.Name).ToDictionary(function => function.Name, function => function.Parameters));
}
