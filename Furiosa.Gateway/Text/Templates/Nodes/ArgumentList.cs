using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>The arguments of a call as written: by position, by name, and <c>*list</c> and <c>**dict</c>.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<JinjaExpression> Positional,
    IReadOnlyList<KeyValuePair<string, JinjaExpression>> Named,
    JinjaExpression? MorePositional,
    JinjaExpression? MoreNamed)
{
    /// <summary>No arguments.</summary>
    public static ArgumentList None { get; } = new([], [], null, null);

    /// <summary>The arguments' values.</summary>
    public CallArguments Evaluate(JinjaContext context)
    {
        if (Positional.Count == 0 && Named.Count == 0 && MorePositional == null && MoreNamed == null)
            return CallArguments.None;
        var positional = new List<JinjaValue>(Positional.Count);
        foreach (var argument in Positional)
            positional.Add(argument.Evaluate(context));
        var named = Named.Select(argument => KeyValuePair.Create(argument.Key, argument.Value.Evaluate(context))).ToList();
        if (MorePositional?.Evaluate(context) is { } more)
            positional.AddRange(JinjaValues.Iterate(more));
        if (MoreNamed?.Evaluate(context) is { } mapping)
            AddNamed(mapping, named);
        context.Budget.SpendList(positional.Count + named.Count);
        return new CallArguments(positional, named);
    }

    private static void AddNamed(JinjaValue value, List<KeyValuePair<string, JinjaValue>> named)
    {
        if (value is not MappingValue mapping)
            throw new ChatTemplateException($"argument after ** must be a mapping, not {value.TypeName}");
        foreach (var (key, argument) in mapping.Entries)
            named.Add(KeyValuePair.Create(key is TextValue text ? text.Value : throw new ChatTemplateException("keywords must be strings"), argument));
    }
}
